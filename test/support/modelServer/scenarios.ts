import { lastUserText, readMarkers, readParams, toolResults, type ChatRequest } from './chatRequest.ts';
import { rows } from './rows.ts';
import type { Script, Step } from './script.ts';

type Params = Record<string, string>;

const number = (params: Params, name: string, otherwise: number): number => Number(params[name] ?? otherwise);
const closing = (tokens = 8, finish = 'stop'): Step[] => [{ finish }, { usage: { prompt_tokens: 12, completion_tokens: tokens } }, { done: true }];
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Script => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  steps: [{ raw: JSON.stringify(body) }],
});

/** Scenarios by name; `attempt` counts the requests with the same last message of the person, from 1. */
const scenarios: Readonly<Record<string, (params: Params, attempt: number) => Script>> = {
  /** `tokens` numbered words at `tps`; `stamped=1` makes them clock values; `thinking=1` makes them reasoning first. */
  stream: (params) => ({
    steps: [
      ...(params['thinking'] === undefined ? [] : [{ tokens: number(params, 'thinking', 20), tokensPerSecond: number(params, 'tps', 50), thinking: true }]),
      { tokens: number(params, 'tokens', 100), tokensPerSecond: number(params, 'tps', 50), stamped: params['stamped'] === '1' },
      ...closing(number(params, 'tokens', 100)),
    ],
  }),
  /** Words without end at `tps`. */
  endless: (params) => ({ steps: [{ tokensPerSecond: number(params, 'tps', 20) }] }),
  /** Reasoning, then an answer; `field` chooses the spelling. */
  thinking: (params) => ({
    steps: [
      { thinking: 'The person wants an answer, so I weigh it first.', field: (params['field'] as 'both') ?? 'reasoning_content', tokensPerSecond: number(params, 'tps', 50) },
      { text: 'Here is the answer after thinking.', tokensPerSecond: number(params, 'tps', 50) },
      ...closing(),
    ],
  }),
  /** First token after `ms`. */
  slow: (params) => ({ steps: [{ waitMs: number(params, 'ms', 2000) }, { text: 'Slow but here.' }, ...closing()] }),
  /** Says some words, then waits for the gate `name` (default `go`), then ends. */
  gated: (params) => ({ steps: [{ text: 'Before the gate. ' }, { gate: params['name'] ?? 'go' }, { text: 'After the gate.' }, ...closing()] }),
  /** Holds the status line back until the gate `name` opens. */
  'gated-head': (params) => ({ headGate: params['name'] ?? 'go', steps: [{ text: 'After the gate.' }, ...closing()] }),
  /** Some words, then silence for ever. */
  stall: () => ({ steps: [{ text: 'Some words and then ' }, { hang: true }] }),
  /** Nothing at all, not even a status line. */
  silent: () => ({ headGate: 'never', steps: [] }),
  /** Some words, then RST; with `once=1` only the first time. */
  reset: (params, attempt) =>
    params['once'] === '1' && attempt > 1 ? { steps: [{ text: 'Whole this time.' }, ...closing()] } : { steps: [{ text: 'Cut off in the ' }, { waitMs: 20 }, { reset: true }] },
  /** Some words, then a clean end without a finish reason. */
  truncated: () => ({ steps: [{ text: 'Cut off in the ' }] }),
  /** Fails `times` (1) with `status` (500), then answers. */
  flaky: (params, attempt) =>
    attempt <= number(params, 'times', 1)
      ? json(number(params, 'status', 500), { error: { message: 'The scripted failure.', type: 'server_error' } })
      : { steps: [{ text: 'It worked this time.' }, ...closing()] },
  /** 429 with Retry-After of `ms`, `times` (1) times, then answers. */
  'rate-limited': (params, attempt) =>
    attempt <= number(params, 'times', 1)
      ? json(429, { error: { message: 'Too many requests.', type: 'rate_limit_exceeded' } }, { 'retry-after-ms': params['ms'] ?? '100' })
      : { steps: [{ text: 'Thank you for waiting.' }, ...closing()] },
  /** 503 while loading, `times` (2) times, then answers. */
  loading: (params, attempt) =>
    attempt <= number(params, 'times', 2)
      ? json(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } })
      : { steps: [{ text: 'Loaded and ready.' }, ...closing()] },
  /** The prompt does not fit. */
  overflow: () => json(400, { error: { code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error', n_prompt_tokens: 9000, n_ctx: 4096 } }),
  /** Markdown of every kind, for the eye. */
  markdown: (params) => ({
    steps: [{ text: '## Heading\n\nSome *emphasis*, `code` and a list:\n\n- one\n- two\n\n```ts\nconst answer: number = 42;\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n', tokensPerSecond: number(params, 'tps', 100) }, ...closing(40)],
  }),
};

/** The names that `[[scenario:...]]` knows beside the rows of the conformance suite. */
export const scenarioNames = Object.keys(scenarios);

/**
 * Chooses the answer to a request by the markers in the person's last message:
 * a posted script whose name is that whole message (with ` (N)` behind it after N tool results), else
 * `[[scenario:NAME key=value ...]]`, `[[script:JSON]]`, any number of `[[tool:NAME JSON]]` asked one after another, `[[say:TEXT]]` for the answer.
 */
export function chooseScript(request: ChatRequest, posted: ReadonlyMap<string, Script>, attempt: number): Script {
  const markers = readMarkers(lastUserText(request));
  const find = (name: string): string | undefined => markers.find((marker) => marker.name === name)?.rest;
  const tools = markers.filter((marker) => marker.name === 'tool');
  const results = toolResults(request);
  const whole = posted.get(`${lastUserText(request).trim()}${results.length === 0 ? '' : ` (${results.length})`}`);
  if (whole !== undefined) return whole;
  const next = tools[results.length];
  if (next !== undefined) return askForTool(next.rest, results.length);
  const script = find('script');
  if (script !== undefined) return JSON.parse(script) as Script;
  const scenario = find('scenario');
  if (scenario !== undefined) return namedScript(scenario, posted, attempt);
  return { steps: [{ text: find('say') ?? defaultAnswer(request, results) }, ...closing()] };
}

function namedScript(rest: string, posted: ReadonlyMap<string, Script>, attempt: number): Script {
  const [name = ''] = rest.split(/\s+/);
  const script = posted.get(name) ?? scenarios[name]?.(readParams(rest), attempt) ?? rows.find((row) => row.name === name)?.script;
  return script ?? json(400, { error: { message: `The scripted model server has no scenario called ${name}.`, type: 'invalid_request_error' } });
}

function askForTool(rest: string, place: number): Script {
  const [name = ''] = rest.split(/\s+/, 1);
  const args = rest.slice(name.length).trim();
  return { steps: [{ tool: { name, args: args === '' ? '{}' : args, id: `call_scripted_${place + 1}` } }, ...closing(6, 'tool_calls')] };
}

function defaultAnswer(request: ChatRequest, results: readonly string[]): string {
  const result = results.at(-1);
  if (result !== undefined) return `The tool said: ${result.slice(0, 400)}`;
  return `You said: ${lastUserText(request).replaceAll(/\s+/g, ' ').slice(0, 200)}`;
}
