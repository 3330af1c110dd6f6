import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { delta, done, said } from '../support/modelServer/rows/row.ts';

const args = '{"command":"echo ran"}';
const json = `{"name":"run_command","arguments":${args}}`;
const spoken = `<tool_call>${json}</tool_call>`;
const part = (call: unknown): string => delta({ tool_calls: [call] });
const words = (text: string): string => (text.match(/[^]{1,5}/gu) ?? []).map((piece) => said(piece)).join('');
const ends = (finish: string): string => delta({}, finish) + done;
const fragments = (pieces: readonly string[], more: Record<string, unknown> = {}): string => pieces.map((given) => part({ index: 0, ...more, function: { arguments: given } })).join('');
const begun = part({ index: 0, id: 'a', type: 'function', function: { name: 'run_command', arguments: '' } });

/** An answer whose tool runs once, and what is shown before it. */
const runs: readonly (readonly [what: string, stream: string, text: string])[] = [
  ['arguments that grow', begun + fragments(['{"com', '{"command":"echo', args]) + ends('tool_calls'), ''],
  ['a call that is sent twice', (begun + fragments([args])).repeat(2) + ends('tool_calls'), ''],
  ['an id on every fragment', begun + part({ index: 0, id: 'b', function: { arguments: '{"command":' } }) + part({ index: 0, id: 'c', function: { arguments: '"echo ran"}' } }) + ends('tool_calls'), ''],
  ['a name in pieces', part({ index: 0, id: 'a', function: { name: 'run_', arguments: '' } }) + part({ index: 0, function: { name: 'command' } }) + fragments([args]) + ends('tool_calls'), ''],
  ['name and arguments beside the id', part({ id: 7, name: 'run_command', arguments: args }) + ends('stop'), ''],
  ['a call in the text beside the same one made', words(`I look. ${spoken}`) + begun + fragments([args]) + ends('tool_calls'), 'I look. '],
  ['the channels of gpt-oss', words(`<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant to=functions.run_command<|channel|>commentary json<|message|>${args}<|call|>`) + ends('stop'), ''],
  ['thinking in another tag', words(`<thinking>Hm.</thinking>\n${spoken}`) + ends('stop'), ''],
  ['Phi', words(`functools[${json}]`) + ends('stop'), ''],
  ['Mistral with its end', words(`[TOOL_CALLS] [${json}]</s>`) + ends('stop'), ''],
];

/** An answer that runs nothing, and is shown whole. */
const prose: readonly (readonly [what: string, text: string])[] = [
  ['a quotation', `He wrote:\n\n> ${spoken}`],
  ['indented code', `Hermes writes:\n\n    ${spoken}`],
  ['a block in a longer block', `\`\`\`\`\n\`\`\`\n${spoken}\n\`\`\`\n\`\`\`\``],
  ['an example', `For example, a model would write: ${spoken}`],
];

describe('What a model server leaves in an answer', { timeout: 60_000 }, () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.dispose());

  it.each(runs)('runs once: %s', async (what, stream, before) => {
    await gateway.model.post(what, { steps: [{ raw: stream }], bytesPerWrite: 7 });
    await gateway.model.post(`${what} (1)`, { steps: [{ text: 'It ran.' }, { finish: 'stop' }, { done: true }] });
    const end = await (await gateway.newSession()).ask(what);
    expect(end).toMatchObject({ outcome: 'completed', text: `${before}It ran.` });
    expect(end.message?.parts.flatMap((piece) => (piece.kind === 'tool' ? [piece.output] : []))).toEqual(['ran\n']);
  });

  it.each(prose)('shows and runs nothing: %s', async (what, text) => {
    await gateway.model.post(what, { steps: [{ raw: words(text) + ends('stop') }], bytesPerWrite: 11 });
    const end = await (await gateway.newSession()).ask(what);
    expect(end).toMatchObject({ outcome: 'completed', text });
    expect(end.message?.parts.some((piece) => piece.kind === 'tool')).toBe(false);
  });

  it('says what stood between the events of a stream that broke off, once it broke off again', async () => {
    const watch = await gateway.newSession();
    const broken = { steps: [{ raw: `${said('Half ')}Fatal: \u001b[31mthe worker died\u001b[0m` }] };
    await gateway.model.post('words', broken);
    await gateway.model.post('Your answer was cut off there. Go on exactly where it stopped, without repeating any of it.', broken);
    const end = await watch.ask('words');
    expect(end).toMatchObject({ outcome: 'failed', error: { class: 'model_crashed', message: expect.stringContaining('Fatal: the worker died.') as string } });
    expect(end.text).toContain('Half ');
  });
});
