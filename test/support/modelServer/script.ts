/** One step of a scripted answer. */
export type Step =
  /** Streams the text in words, at so many a second (all at once when absent). */
  | { text: string; tokensPerSecond?: number }
  /** Streams reasoning in words, in the spelling named: a field, both fields, or tags inside the content. */
  | { thinking: string; field?: 'reasoning_content' | 'reasoning' | 'both' | 'inline'; tokensPerSecond?: number }
  /** Asks for a tool; the arguments come in fragments of `fragment` characters (8). */
  | { tool: { name: string; args: unknown; id?: string; index?: number; fragment?: number } }
  /** Streams numbered words; `stamped` ones are values of `sharedNow`, for latency figures. `tokens` absent: for ever. */
  | { tokens?: number; tokensPerSecond: number; stamped?: boolean; thinking?: boolean }
  /** A chunk as it is, framed as one event. */
  | { chunk: unknown }
  /** Bytes as they are, as UTF-8 text or base64. */
  | { raw: string }
  | { base64: string }
  | { finish: string }
  | { usage: { prompt_tokens: number; completion_tokens: number } }
  | { done: true }
  /** Waits so long. */
  | { waitMs: number }
  /** Waits until `POST /control/release {"gate": name}`; a gate once released stays open until `/control/reset`. */
  | { gate: string }
  /** Breaks the connection with RST. */
  | { reset: true }
  /** Keeps the connection open and says nothing more. */
  | { hang: true };

/** A scripted answer to one chat completions request. */
export interface Script {
  status?: number;
  headers?: Record<string, string>;
  steps: Step[];
  /** Writes at most so many bytes at a time, each in a packet of its own; 1 cuts every byte. */
  bytesPerWrite?: number;
  /** Waits so long before the status line. */
  headDelayMs?: number;
  /** Waits for this gate before the status line. */
  headGate?: string;
}

/** What playing a script does, one after another. */
export type Operation = { kind: 'write'; bytes: () => Buffer; atMs?: number } | { kind: 'wait'; ms: number } | { kind: 'gate'; name: string } | { kind: 'reset' } | { kind: 'hang' };

/** What the monotonic clock is moved by, in ms, so that a value of the shared clock has 13 digits before its point. */
export const sharedClockBase = 1e12;

/** The clock that every process of this machine shares: the monotonic one, in ms, moved by `sharedClockBase`. */
export function sharedNow(): number {
  return sharedClockBase + Number(process.hrtime.bigint()) / 1e6;
}

/** A value of the shared clock with three decimals. */
export function stampNow(): string {
  return sharedNow().toFixed(3);
}

/** Frames a chunk as one server-sent event. */
export function frame(chunk: unknown): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** A chunk of the OpenAI shape around a delta. */
export function deltaChunk(delta: unknown, finish: string | null = null): unknown {
  return { id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created: 1, model: 'scripted', choices: [{ index: 0, delta, finish_reason: finish }] };
}

/** Turns a script into operations, lazily, because some scripts have no end. */
export function* operationsOf(script: Script): Generator<Operation> {
  for (const step of script.steps) yield* stepOperations(step);
}

/** All bytes that a finite script writes, for readers that are tested without a socket. */
export function bytesOf(script: Script): Buffer {
  const writes: Buffer[] = [];
  for (const operation of operationsOf(script)) if (operation.kind === 'write') writes.push(operation.bytes());
  return Buffer.concat(writes);
}

const write = (text: string): Operation => ({ kind: 'write', bytes: () => Buffer.from(text) });

function* stepOperations(step: Step): Generator<Operation> {
  if ('text' in step) return yield* paced(words(step.text).map((content) => () => deltaChunk({ content })), step.tokensPerSecond);
  if ('tokensPerSecond' in step && !('thinking' in step && typeof step.thinking === 'string')) return yield* numbered(step);
  if ('thinking' in step) return yield* thinkingOperations(step);
  if ('tool' in step) return yield* toolOperations(step.tool);
  if ('chunk' in step) return yield write(frame(step.chunk));
  if ('raw' in step) return yield write(step.raw);
  if ('base64' in step) return yield { kind: 'write', bytes: () => Buffer.from(step.base64, 'base64') };
  if ('finish' in step) return yield write(frame(deltaChunk({}, step.finish)));
  if ('usage' in step) return yield write(frame({ id: 'chatcmpl-scripted', object: 'chat.completion.chunk', choices: [], usage: { ...step.usage, total_tokens: step.usage.prompt_tokens + step.usage.completion_tokens } }));
  if ('done' in step) return yield write('data: [DONE]\n\n');
  if ('waitMs' in step) return yield { kind: 'wait', ms: step.waitMs };
  if ('gate' in step) return yield { kind: 'gate', name: step.gate };
  yield { kind: 'reset' in step ? 'reset' : 'hang' };
}

function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** Paces by an absolute schedule, so that a late timer does not slow the whole stream. */
function* paced(chunks: Iterable<() => unknown>, tokensPerSecond: number | undefined): Generator<Operation> {
  let place = 0;
  for (const chunk of chunks) {
    yield { kind: 'write', bytes: () => Buffer.from(frame(chunk())), ...(tokensPerSecond === undefined ? {} : { atMs: (place * 1000) / tokensPerSecond }) };
    place += 1;
  }
}

function* numbered(step: { tokens?: number; tokensPerSecond: number; stamped?: boolean; thinking?: boolean }): Generator<Operation> {
  function* chunks(): Generator<() => unknown> {
    for (let n = 1; n <= (step.tokens ?? Number.POSITIVE_INFINITY); n++) {
      yield () => {
        const word = step.stamped ? `${stampNow()} ` : `w${n} `;
        return deltaChunk(step.thinking ? { reasoning_content: word } : { content: word });
      };
    }
  }
  yield* paced(chunks(), step.tokensPerSecond);
}

function* thinkingOperations(step: Extract<Step, { thinking: string }>): Generator<Operation> {
  const field = step.field ?? 'reasoning_content';
  const text = field === 'inline' ? `<think>${step.thinking}</think>\n\n` : step.thinking;
  const delta = (word: string): unknown => {
    if (field === 'inline') return { content: word };
    return field === 'both' ? { reasoning_content: word, reasoning: word } : { [field]: word };
  };
  yield* paced(words(text).map((word) => () => deltaChunk(delta(word))), step.tokensPerSecond);
}

function* toolOperations(tool: Extract<Step, { tool: unknown }>['tool']): Generator<Operation> {
  const { name, args, id = `call_${Math.random().toString(36).slice(2, 12)}`, index = 0, fragment = 8 } = tool;
  const text = typeof args === 'string' ? args : JSON.stringify(args);
  yield write(frame(deltaChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })));
  for (let at = 0; at < text.length; at += fragment) {
    yield write(frame(deltaChunk({ tool_calls: [{ index, function: { arguments: text.slice(at, at + fragment) } }] })));
  }
}
