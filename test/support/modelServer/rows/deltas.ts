import { thinkTags } from '../../../../server/inference/wire/thinkSplitter.ts';
import { delta, done, event, raw, said, type Row } from './row.ts';

const call = (fields: unknown): string => delta({ tool_calls: [fields] });
const weather = { name: 'weather', args: '{"city":"Paris"}' };
const thought = { thinking: 'Let me see.', text: 'Hello', finish: 'stop' } as const;
const twoCalls = [
  { id: 'a', name: 'one', args: '{"n":1}' },
  { id: 'b', name: 'two', args: '{"n":2}' },
];

/** What deltas carry. */
export const deltaRows: readonly Row[] = [
  { name: 'reasoning-content', what: 'reasoning_content, then content', script: raw(delta({ reasoning_content: 'Let me ' }) + delta({ reasoning_content: 'see.' }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning', what: 'reasoning, then content', script: raw(delta({ reasoning: 'Let me ' }) + delta({ reasoning: 'see.' }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning-thinking', what: 'reasoning in thinking', script: raw(delta({ thinking: 'Let me ' }) + delta({ thinking: 'see.' }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning-text', what: 'reasoning in reasoning_text', script: raw(delta({ reasoning_text: 'Let me see.' }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning-object', what: 'reasoning in an object', script: raw(delta({ reasoning: { content: 'Let me see.' } }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning-both', what: 'both fields with the same text', script: raw(delta({ reasoning_content: 'Let me see.', reasoning: 'Let me see.' }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'prefilled', what: 'only a closing tag, on a route that says so', think: 'prefilled', script: raw(said('Let me see.') + said('</thi') + said('nk>\n\nHello', 'stop') + done), expect: thought },
  { name: 'closing-tag-alone', what: 'only a closing tag, on another route', script: raw(said('see.</think>Hello', 'stop') + done), expect: { text: 'see.</think>Hello', finish: 'stop' } },
  { name: 'think-tags', what: 'think tags cut into pieces', script: raw(said('<th') + said('ink>Let me ') + said('see.</thi') + said('nk>Hel') + said('lo', 'stop') + done), expect: thought },
  { name: 'think-tags-late', what: 'think tags in the middle of the answer', script: raw(said('Write <think> like') + said(' this</think>', 'stop') + done), expect: { text: 'Write <think> like this</think>', finish: 'stop' } },
  ...(
    [
      ['line', 'Hello\n<think>Let me see.</think>', 'Hello\n', 'Let me see.'],
      ['lines', 'Hello\n\n<thinking>\nLet me see.\n</thinking>\n\nWorld', 'Hello\n\n\n\nWorld', '\nLet me see.\n'],
      ['twice', 'A\n<think>b</think>\n<think>c</think>\nD', 'A\n\n\nD', 'bc'],
      ['behind-code', '```\n<think>a</think>\n```\n<think>b</think>\nC', '```\n<think>a</think>\n```\n\nC', 'b'],
      ['code', 'Write:\n```\n<think>a</think>\n```\n', 'Write:\n```\n<think>a</think>\n```\n', ''],
      ['inline-code', 'Write\n`<think>` and `</think>`', 'Write\n`<think>` and `</think>`', ''],
      ['call', '<function=write_file>\\n<parameter=content>\\n<think>a</think>\\n</parameter>\\n</function>', '<function=write_file>\\n<parameter=content>\\n<think>a</think>\\n</parameter>\\n</function>', ''],
      ['open', 'Hello\n<think>and more\nof it', 'Hello\n<think>and more\nof it', ''],
      ['other', 'Hello\n<thin>x</thin>\n<think', 'Hello\n<thin>x</thin>\n<think', ''],
    ] as const
  ).flatMap(([name, content, text, thinking]) =>
    [1, 3, 100].map(
      (size): Row => ({
        name: `think-late-${name}-${size}`,
        what: `tags in the middle of the answer (${name}), in pieces of ${size}`,
        script: raw((content.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((piece) => said(piece)).join('') + said('', 'stop') + done),
        expect: { text, ...(thinking === '' ? {} : { thinking }), finish: 'stop' },
      }),
    ),
  ),
  { name: 'think-tags-and-field', what: 'tags in the content after a reasoning field', script: raw(delta({ reasoning: 'Let me see.' }) + said('<think>Hello', 'stop') + done), expect: { ...thought, text: '<think>Hello' } },
  { name: 'think-unclosed', what: 'a think tag that is never closed', script: raw(said('<think>Let me see.', 'length') + done), expect: { thinking: 'Let me see.', finish: 'length', isThinkingOnly: true } },
  ...thinkTags.map(([open, close], at): Row => ({ name: `think-tags-${at}`, what: `reasoning between ${open} and ${close}`, script: raw([...`${open}Let me see.${close}`].map((sign) => said(sign)).join('') + said('\n\nHello', 'stop') + done), expect: thought })),
  {
    name: 'think-closed-twice', what: 'a closing tag that is sent twice',
    script: raw(said('<think>Let me see.</think>\n</thi') + said('nk>\n\nHello', 'stop') + done), expect: thought,
  },
  { name: 'think-twice', what: 'two blocks of reasoning', script: raw(said('<think>Let me </think>\n<think>see.</think>\n\nHello', 'stop') + done), expect: thought },
  { name: 'harmony-answer', what: 'the channels of gpt-oss left in the text', script: raw(said('<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|cha') + said('nnel|>final<|message|>Hello', 'stop') + done), expect: thought },
  { name: 'harmony-other', what: 'a channel that is neither thinking nor the answer', script: raw(said('<|channel|>commentary to=functions.one<|message|>{}', 'stop') + done), expect: { text: '<|channel|>commentary to=functions.one<|message|>{}', finish: 'stop' } },
  { name: 'half-tag', what: 'the beginning of a tag at the very end', script: raw(said('<thi', 'stop') + done), expect: { text: '<thi', finish: 'stop' } },
  { name: 'reasoning-only', what: 'reasoning alone, cut by the token limit', script: raw(delta({ reasoning_content: 'Let me see.', content: '' }) + delta({ content: '' }, 'length') + done), expect: { thinking: 'Let me see.', finish: 'length', isThinkingOnly: true } },
  { name: 'reasoning-details', what: 'reasoning_details beside reasoning', script: raw(delta({ reasoning: 'Let me see.', reasoning_details: [{ type: 'reasoning.text', text: 'Let me see.' }] }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'reasoning-details-alone', what: 'reasoning_details alone', script: raw(delta({ reasoning_details: [{ type: 'reasoning.summary', summary: 'Let me see.' }] }) + said('Hello', 'stop') + done), expect: thought },
  { name: 'null-content', what: 'content null in the first and last chunk', script: raw(delta({ role: 'assistant', content: null }) + said('Hello') + delta({ content: null }, 'stop') + done), expect: { text: 'Hello', finish: 'stop' } },
  { name: 'no-delta', what: 'a choice without delta', script: raw(said('Hello') + event({ choices: [{ index: 0, finish_reason: 'stop' }] }) + done), expect: { text: 'Hello', finish: 'stop' } },
  { name: 'null-choices', what: 'choices null with usage', script: raw(said('Hello', 'stop') + event({ choices: null, usage: { prompt_tokens: 4, completion_tokens: 1 } }) + done), expect: { text: 'Hello', finish: 'stop', usage: { inputTokens: 4, outputTokens: 1 } } },
  { name: 'empty-choices', what: 'a first chunk without choices', script: raw(event({ choices: [], prompt_filter_results: [{}] }) + said('Hello', 'stop') + done), expect: { text: 'Hello', finish: 'stop' } },
  {
    name: 'usage-everywhere',
    what: 'usage on every chunk',
    script: raw(
      event({ choices: [{ index: 0, delta: { content: 'Hel' } }], usage: { prompt_tokens: 4, completion_tokens: 1 } }) +
        event({ choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }], usage: { prompt_tokens: 4, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 1 }, prompt_tokens_details: { cached_tokens: 3 } } }) +
        done,
    ),
    expect: { text: 'Hello', finish: 'stop', usage: { inputTokens: 4, outputTokens: 2, reasoningTokens: 1, cachedTokens: 3 } },
  },
  {
    name: 'timings-only',
    what: 'timings of llama.cpp and no usage',
    script: raw(said('Hello') + event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], timings: { cache_n: 10, prompt_n: 5, predicted_n: 7, predicted_per_second: 61.5 } }) + done),
    expect: { text: 'Hello', finish: 'stop', usage: { inputTokens: 15, outputTokens: 7, cachedTokens: 10, tokensPerSecond: 61.5 } },
  },
  { name: 'finish-eos', what: 'finish_reason eos', script: raw(said('Hello', 'eos') + done), expect: { text: 'Hello', finish: 'stop' } },
  { name: 'finish-strange', what: 'a finish_reason that nobody knows', script: raw(said('Hello', 'because') + done), expect: { text: 'Hello', finish: 'unknown' } },
  { name: 'tool-finish-stop', what: 'finish stop although a tool call came', script: raw(call({ index: 0, id: 'a', function: { name: 'weather', arguments: weather.args } }) + delta({}, 'stop') + done), expect: { tools: [{ id: 'a', ...weather }], finish: 'tool_calls' } },
  {
    name: 'tool-fragments',
    what: 'arguments in fragments',
    script: raw(call({ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: '' } }) + call({ index: 0, function: { arguments: '{"city"' } }) + call({ index: 0, function: { arguments: ':"Paris"}' } }) + delta({}, 'tool_calls') + done),
    expect: { tools: [{ id: 'a', ...weather }], finish: 'tool_calls' },
  },
  {
    name: 'tools-interleaved',
    what: 'two calls whose fragments alternate',
    script: raw(
      call({ index: 0, id: 'a', function: { name: 'one', arguments: '{"n"' } }) + call({ index: 1, id: 'b', function: { name: 'two', arguments: '{"n"' } }) + call({ index: 0, function: { arguments: ':1}' } }) + call({ index: 1, function: { arguments: ':2}' } }) + delta({}, 'tool_calls') + done,
    ),
    expect: { tools: twoCalls, finish: 'tool_calls' },
  },
  {
    name: 'tools-no-index',
    what: 'calls without index, told apart by id',
    script: raw(call({ id: 'a', function: { name: 'one', arguments: '{"n"' } }) + call({ function: { arguments: ':1}' } }) + call({ id: 'b', function: { name: 'two', arguments: '{"n":2}' } }) + delta({}, 'tool_calls') + done),
    expect: { tools: twoCalls, finish: 'tool_calls' },
  },
  {
    name: 'tools-same-index',
    what: 'two calls that both say index 0',
    script: raw(call({ index: 0, id: 'a', function: { name: 'one', arguments: '{"n":1}' } }) + call({ index: 0, id: 'b', function: { name: 'two', arguments: '{"n"' } }) + call({ index: 0, function: { arguments: ':2}' } }) + delta({}, 'tool_calls') + done),
    expect: { tools: twoCalls, finish: 'tool_calls' },
  },
  {
    name: 'tools-no-id',
    what: 'whole calls with neither index nor id',
    script: raw(call({ function: { name: 'one', arguments: '{"n":1}' } }) + call({ function: { name: 'two', arguments: { n: 2 } } }) + delta({}, 'tool_calls') + done),
    expect: { tools: twoCalls.map(({ name, args }) => ({ name, args })), finish: 'tool_calls' },
  },
  {
    name: 'tool-empty-names',
    what: 'later fragments with empty id and name',
    script: raw(call({ index: 0, id: 'a', function: { name: 'weather', arguments: '' } }) + call({ index: 0, id: '', function: { name: '', arguments: weather.args } }) + delta({}, 'tool_calls') + done),
    expect: { tools: [{ id: 'a', ...weather }], finish: 'tool_calls' },
  },
  { name: 'tool-in-text', what: 'a tool call left in the content', script: raw(said('<tool_call>{"name":"weather"}</tool_call>', 'stop') + done), expect: { text: '<tool_call>{"name":"weather"}</tool_call>', finish: 'stop' } },
  {
    name: 'extra-keys',
    what: 'role on every chunk, another choice, extra keys',
    script: raw(event({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' } }, { index: 1, delta: { content: 'ghost' } }], obfuscation: 'aaaa' }) + event({ choices: [{ index: 1, delta: { content: 'ghost' }, finish_reason: 'length' }] }) + delta({ role: 'assistant', content: 'lo' }, 'stop') + done),
    expect: { text: 'Hello', finish: 'stop' },
  },
  { name: 'typed-content', what: 'content as a list of typed pieces', script: raw(delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Let me see.' }] }] }) + delta({ content: [{ type: 'text', text: 'Hello' }] }, 'stop') + done), expect: thought },
];
