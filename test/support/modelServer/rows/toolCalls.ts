import { body, delta, done, raw, type Row } from './row.ts';

const calls = (...list: unknown[]): string => delta({ tool_calls: list });
const end = delta({}, 'tool_calls') + done;
const named = (name: string, args: unknown, more: Record<string, unknown> = {}): unknown => ({ ...more, type: 'function', function: { name, arguments: args } });
const part = (args: string, more: Record<string, unknown> = {}): unknown => ({ ...more, function: { arguments: args } });
const whole = '{"city": "Paris", "days": 2}';
const one = { name: 'one', args: '{"n":1}' };
const two = { name: 'one', args: '{"n":2}' };
const unstreamed = (...list: unknown[]): Row['script'] => body(JSON.stringify({ object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: list }, finish_reason: 'tool_calls' }] }), 'application/json');

const asked = (name: string, what: string, script: Row['script'], ...tools: { id?: string; name: string; args: string }[]): Row => ({ name, what, script, expect: { tools, finish: 'tool_calls' } });

/** How calls and their arguments come in pieces, and are put together again. */
export const toolCallRows: readonly Row[] = [
  asked('same-id', 'two calls with one id, told apart by index',
    raw(calls(named('one', '', { index: 0, id: 'x' })) + calls(part('{"n"', { index: 0 })) + calls(part(':1}', { index: 0 })) + calls(named('one', '', { index: 1, id: 'x' })) + calls(part('{"n":', { index: 1 })) + calls(part('2}', { index: 1 })) + end),
    { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-id-interleaved', 'two calls with one id on every fragment, in turns',
    raw(calls(named('one', '{"n"', { index: 0, id: 'x' }), named('one', '{"n"', { index: 1, id: 'x' })) + calls(part(':2}', { index: 1, id: 'x' }), part(':1}', { index: 0, id: 'x' })) + end),
    { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-id-one-chunk', 'two whole calls with one id in one chunk', raw(calls(named('one', one.args, { index: 0, id: 'x' }), named('one', two.args, { index: 1, id: 'x' })) + end), { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-id-no-index', 'two whole calls with one id and no index in one chunk', raw(calls(named('one', one.args, { id: 'x' }), named('one', two.args, { id: 'x' })) + end), { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-id-no-index-chunks', 'two whole calls with one id and no index in two chunks', raw(calls(named('one', one.args, { id: 'x' })) + calls(named('one', two.args, { id: 'x' })) + end), { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-id-unstreamed', 'two calls with one id in an answer that is not streamed', unstreamed(named('one', one.args, { id: 'x' }), named('one', two.args, { id: 'x' })), { id: 'x', ...one }, { id: 'x', ...two }),
  asked('same-everything-unstreamed', 'two equal calls in an answer that is not streamed, both with index 0', unstreamed(named('one', one.args, { id: 'x', index: 0 }), named('one', one.args, { id: 'x', index: 0 })), { id: 'x', ...one }, { id: 'x', ...one }),
  asked('id-of-every-fragment', 'another id on every fragment of one call', raw(calls(named('one', '', { index: 0, id: 'x' })) + calls(part('{"n"', { index: 0, id: 'y' })) + calls(part(':1}', { index: 0, id: 'z' })) + end), { id: 'x', ...one }),
  asked('flat-call', 'name and arguments beside the id', raw(calls({ index: 0, id: 'x', name: 'one', arguments: one.args }) + end), { id: 'x', ...one }),
  asked('no-list', 'a call without its list', raw(delta({ tool_calls: named('one', one.args, { index: 0, id: 'x' }) }) + end), { id: 'x', ...one }),
  asked('numeric-id', 'ids that are numbers', raw(calls(named('one', one.args, { id: 1 })) + calls(named('one', two.args, { id: 2 })) + end), one, two),
  asked('null-index', 'an index of null on every fragment', raw(calls(named('one', '', { index: null, id: 'x' })) + calls(part('{"n"', { index: null })) + calls(part(':1}', { index: null })) + end), { id: 'x', ...one }),
  asked('index-zero-no-id', 'two whole calls that both say index 0, without ids', raw(calls(named('one', one.args, { index: 0 })) + calls(named('one', two.args, { index: 0 })) + end), one, two),
  asked('index-zero-fragments', 'three calls in fragments that all say index 0, told apart by id',
    raw(['a', 'b', 'c'].map((id, at) => calls(named('one', '', { index: 0, id })) + calls(part('{"n":', { index: 0 })) + calls(part(`${at}}`, { index: 0 }))).join('') + end),
    ...['a', 'b', 'c'].map((id, at) => ({ id, name: 'one', args: `{"n":${at}}` }))),
  asked('id-on-every-fragment', 'id and name on every fragment', raw(calls(named('one', '{"n"', { index: 0, id: 'x' })) + calls(named('one', ':1}', { index: 0, id: 'x' })) + end), { id: 'x', ...one }),
  asked('id-late', 'the id comes after the name', raw(calls(named('one', '', { index: 0 })) + calls(part('{"n":1}', { index: 0, id: 'x' })) + end), { id: 'x', ...one }),
  asked('index-from-one', 'indexes that begin at one', raw(calls(named('one', one.args, { index: 1, id: 'a' })) + calls(named('one', two.args, { index: 2, id: 'b' })) + end), { id: 'a', ...one }, { id: 'b', ...two }),
  asked('function-call', 'the older function_call', raw(delta({ function_call: { name: 'one', arguments: '{"n"' } }) + delta({ function_call: { arguments: ':1}' } }) + delta({}, 'function_call') + done), one),
  ...[
    ['whole-behind', 'the whole arguments once more behind their fragments', ['{"city": "Par', 'is", "days": 2', whole]],
    ['cumulative', 'all of the arguments so far in each fragment', ['{"city"', '{"city": "Par', '{"city": "Paris", "days', whole]],
    ['whole-twice', 'the whole arguments twice', [whole, whole]],
    ['whole-behind-whole', 'the whole arguments behind fragments that are whole', ['{"city": ', '"Paris", "days": 2}', whole]],
    ['whole-in-fragments', 'the whole arguments once more, in fragments', ['{"city": "Pa', 'ris", "days"', '{"city": "Paris"', ', "days": 2}']],
    ['whole-spaced', 'the whole arguments once more, spaced otherwise', ['{"city":"Paris","da', whole]],
    ['placeholder', 'an empty object in front of the arguments', ['{}', '{"city": "Paris"', ', "days": 2}']],
    ['trailing-token', 'a control token behind the arguments', ['{"city": "Paris", "days": 2}', '<|call|>']],
  ].map(([name, what, pieces]) =>
    asked(`args-${name as string}`, what as string, raw(calls(named('weather', '', { index: 0, id: 'x' })) + (pieces as string[]).map((args) => calls(part(args, { index: 0 }))).join('') + end), { id: 'x', name: 'weather', args: whole }),
  ),
  asked('args-whole-with-name', 'the last chunk repeats the call with its name', raw(calls(named('weather', '{"city": "Paris",', { index: 0, id: 'x' })) + calls(part(' "days": 2}', { index: 0 })) + calls(named('weather', whole, { index: 0, id: null })) + end), { id: 'x', name: 'weather', args: whole }),
  asked('args-whole-escaped', 'the whole arguments once more, escaped otherwise', raw(calls(named('weather', '{"city": "Z\\u00fcrich", "url": "a\\/b', { index: 0, id: 'x' })) + calls(part('{"city":"Zürich","url":"a/b"}', { index: 0 })) + end), { id: 'x', name: 'weather', args: '{"city":"Zürich","url":"a/b"}' }),
  asked('index-as-text', 'indexes that are texts', raw(calls(named('one', '{"n"', { index: '0', id: 'x' }), named('one', '{"n"', { index: '1', id: 'x' })) + calls(part(':1}', { index: '0' }), part(':2}', { index: '1' })) + end), { id: 'x', ...one }, { id: 'x', ...two }),
  asked('message-behind-deltas', 'a whole message behind its pieces',
    raw(calls(named('one', one.args, { index: 0, id: 'x' })) + `data: ${JSON.stringify({ choices: [{ index: 0, message: { content: null, tool_calls: [named('one', one.args, { id: 'x' })] }, finish_reason: 'tool_calls' }] })}\n\n${done}`), { id: 'x', ...one }),
  asked('args-nested-like-whole', 'an object inside that looks like the arguments over again', raw(calls(named('weather', '{"city":', { index: 0, id: 'x' })) + calls(part('{"city":1}', { index: 0 })) + calls(part('}', { index: 0 })) + end), { id: 'x', name: 'weather', args: '{"city":{"city":1}}' }),
  asked('args-doubly-encoded', 'arguments that are JSON in a JSON string', raw(calls(named('weather', JSON.stringify(whole), { index: 0, id: 'x' })) + end), { id: 'x', name: 'weather', args: whole }),
  asked('args-object', 'arguments that are the object itself', raw(calls(named('weather', { city: 'Paris', days: 2 }, { index: 0, id: 'x' })) + end), { id: 'x', name: 'weather', args: '{"city":"Paris","days":2}' }),
];
