import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../server/protocol/worker.ts';
import type { Step } from '../support/modelServer/script.ts';
import { createWorkerBench, type WorkerBench } from './workerHarness.ts';

let bench: WorkerBench;
beforeAll(async () => {
  bench = await createWorkerBench();
});
afterAll(async () => {
  await bench.dispose();
});
beforeEach(() => bench.model.reset());

interface SeenMessage {
  role: string;
  content: string;
  tool_calls?: { id: string; extra_content?: unknown; function: { name: string; arguments: string } }[];
  [member: string]: unknown;
}
const messagesAt = (index: number): SeenMessage[] => (JSON.parse(bench.model.requests.at(index)?.body ?? '{}') as { messages: SeenMessage[] }).messages;
const delta = (fields: unknown, finish: string | null = null): Step => ({ chunk: { choices: [{ index: 0, delta: fields, finish_reason: finish }] } });
const call = (command: string, more: Record<string, unknown> = {}): Step => delta({ tool_calls: [{ index: 0, id: `c_${command.length}`, type: 'function', function: { name: 'run_command', arguments: JSON.stringify({ command }) }, ...more }] });
const signed = { extra_content: { google: { thought_signature: 'abc==' } } };
const ends = (finish: string): Step[] => [{ finish }, { done: true }];

/** Two steps with calls, then an answer; each step thinks first. */
function postSteps(more: Record<string, unknown> = {}): void {
  bench.model.post('go', { steps: [delta({ reasoning_content: '' }), delta({ reasoning_content: 'I look ' }), delta({ reasoning_content: 'first.' }), call('echo 1', more), ...ends('tool_calls')] });
  bench.model.post('go (1)', { steps: [delta({ reasoning_content: 'And then.' }), { text: 'More. ' }, call('echo 22', more), ...ends('tool_calls')] });
  bench.model.post('go (2)', { steps: [delta({ reasoning_content: 'It is done.' }), { text: 'Done.' }, ...ends('stop')] });
}

describe('what a model server wants back', () => {
  it('goes back with the calls that it came with, step by step', async () => {
    bench.model.demand('reasoning', 'signature', 'reasoning-with-calls-only', 'ids');
    postSteps(signed);
    const worker = await bench.run('go');
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Done.' });
    expect(bench.model.requests).toHaveLength(3);
    const steps = messagesAt(2).filter(({ role }) => role === 'assistant');
    expect(steps.map((step) => [step['reasoning_content'], step.content, step.tool_calls?.[0]?.extra_content])).toEqual([['I look first.', '', signed.extra_content], ['And then.', 'More. ', signed.extra_content]]);
    expect(worker.of('tool_start').map(({ kept }) => kept)).toEqual([
      { step: 1, message: { reasoning_content: 'I look first.' }, call: signed },
      { step: 2, message: { reasoning_content: 'And then.' }, call: signed },
    ]);
  });

  it.each([
    ['reasoning', { reasoning: 'Hm.' }],
    ['details of several kinds', { reasoning_details: [{ type: 'reasoning.encrypted', index: 0, id: 'r1', data: 'zz' }] }],
    ['members that nobody knows', { opaque_state: { a: [1, 'b'] }, thinking_signature: 's' }],
  ])('goes back whatever it is called: %s', async (_what, members) => {
    bench.model.post('go', { steps: [delta(members), call('echo 1', { thought_signature: 't' }), ...ends('tool_calls')] });
    const worker = await bench.run('go');
    expect(worker.final).toMatchObject({ frame: 'result' });
    const step = messagesAt(1).find(({ role }) => role === 'assistant');
    expect(step).toMatchObject({ ...members, tool_calls: [{ thought_signature: 't' }] });
  });

  it('never replaces what the wire defines', async () => {
    bench.model.post('go', { steps: [delta({ id: 'x', index: 7, audio: { id: 'a' }, images: [1], refusal: '' }), call('echo 1'), ...ends('tool_calls')] });
    await bench.run('go');
    expect(Object.keys(messagesAt(1).find(({ role }) => role === 'assistant') ?? {}).toSorted()).toEqual(['content', 'role', 'tool_calls']);
  });

  it('goes back no more once the server has refused it, for the rest of the task', async () => {
    bench.model.demand('known-members');
    postSteps(signed);
    const worker = await bench.run('go');
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Done.' });
    // Both names are learned at the first refusals, and neither is sent with the third step.
    expect(bench.model.requests).toHaveLength(5);
  });

  const history = (kept: boolean): Task['history'] => [
    { role: 'user', text: 'first' },
    { role: 'assistant', text: '', toolCalls: [{ callId: 'c1', tool: 'run_command', args: { command: 'ls' }, result: 'a.txt', ...(kept ? { kept: signed } : {}) }], ...(kept ? { kept: { reasoning_content: 'Old.' } } : {}) },
    { role: 'assistant', text: 'There is one.', toolCalls: [] },
  ];

  it('goes back from the history and from an attempt that broke off', async () => {
    bench.model.demand('reasoning', 'signature', 'ids');
    const worker = await bench.run('[[say:ok]]', { history: history(true), steps: history(true).slice(1, 2).map((step) => ({ ...step })) });
    expect(worker.final).toMatchObject({ frame: 'result', text: 'ok' });
    expect(messagesAt(0).map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user', 'assistant', 'tool']);
  });

  it('is told to be empty where a server asks for it on every answer', async () => {
    bench.model.demand('reasoning-always');
    postSteps();
    expect((await bench.run('go', { history: history(false) })).final).toMatchObject({ frame: 'result', text: 'Done.' });
    expect(messagesAt(-1).filter(({ role }) => role === 'assistant').map((message) => message['reasoning_content'])).toEqual(['', '', 'I look first.', 'And then.']);
  });

  it.each(['reasoning', 'signature'] as const)('is not there for calls of another model, which are told in words to a server that asks for it: %s', async (rule) => {
    bench.model.demand(rule);
    postSteps(signed);
    const worker = await bench.run('go', { history: history(false) });
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Done.' });
    const told = messagesAt(-1);
    expect(told[2]).toEqual({ role: 'assistant', content: '[Used run_command.]' });
    expect(told[3]).toMatchObject({ role: 'user', content: expect.stringContaining('a.txt') as string });
    expect(told.filter(({ tool_calls }) => tool_calls !== undefined)).toHaveLength(2);
  });
});
