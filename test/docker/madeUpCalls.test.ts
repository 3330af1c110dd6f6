import fs from 'node:fs/promises';
import path from 'node:path';
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
beforeEach(() => {
  bench.model.reset();
  bench.model.demand('names', 'ids', 'arguments');
});

const delta = (fields: unknown, finish: string | null = null): Step => ({ chunk: { choices: [{ index: 0, delta: fields, finish_reason: finish }] } });
const call = (name: string, args: unknown, more: Record<string, unknown> = {}): Step => delta({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) }, ...more }] });

/** Asks for `steps` first, and answers `Well.` once their results are there. */
function post(...steps: Step[]): void {
  bench.model.post('go', { steps: [...steps, { finish: 'tool_calls' }, { done: true }] });
  for (const count of [1, 2, 3]) bench.model.post(`go (${count})`, { steps: [{ text: 'Well.' }, { finish: 'stop' }, { done: true }] });
}

describe('what a model made up', () => {
  it.each([
    'run_command<|channel|>commentary',
    '<|channel|>commentary to=functions.run_command<|message|>',
    'functions.run_command',
    'functions.run_command:0',
    'run_command<｜tool▁sep｜>',
    ' run_command\n',
    '"run_command"',
    '<tool_call>run_command',
  ])('runs the tool that a name with tokens of the template means: %s', async (name) => {
    post(call(name, { command: 'echo it-ran' }));
    const worker = await bench.run('go');
    expect(worker.of('tool_end').map(({ state, output }) => [state, output])).toEqual([['done', 'it-ran\n']]);
    expect(worker.of('tool_start')[0]?.tool).toBe('run_command');
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Well.' });
  });

  it.each(['rm everything', '<|call|>', '', 'Ünïcode', 'a.b/c', 'x'.repeat(500), 'run_command_now', '../run_command'])('refuses to the model a name that means no tool, and never sends it: %j', async (name) => {
    post(call(name, { command: 'echo no' }));
    const worker = await bench.run('go');
    expect(worker.of('tool_end').map(({ state }) => state)).toEqual(['failed']);
    expect(worker.of('tool_end')[0]?.error).toContain('The tools are run_command,');
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Well.' });
  });

  it('gives calls that share an id, or have none, or one of any form, ids of their own, and each its result', async () => {
    const read = (n: number, id: unknown): Step => call('run_command', { command: `echo ${n}` }, { index: n, id });
    post(read(0, 'same'), read(1, 'same'), read(2, ''), read(3, 'x'.repeat(300)), read(4, 'ein Wört\n'));
    bench.model.post('go (5)', { steps: [{ text: 'All.' }, { finish: 'stop' }, { done: true }] });
    const worker = await bench.run('go');
    expect(worker.of('tool_end').map(({ output }) => output)).toEqual(['0\n', '1\n', '2\n', '3\n', '4\n']);
    expect(worker.final).toMatchObject({ frame: 'result', text: 'All.' });
    const { messages } = JSON.parse(bench.model.requests.at(-1)?.body ?? '{}') as { messages: { role: string; tool_calls?: { id: string; function: { arguments: string } }[]; tool_call_id?: string; content: string }[] };
    const calls = messages.find(({ role }) => role === 'assistant')?.tool_calls ?? [];
    for (const [n, { id, function: { arguments: args } }] of calls.entries()) {
      expect(args).toContain(`echo ${n}`);
      expect(messages.find((message) => message.tool_call_id === id)?.content).toContain(`\n${n}\n`);
    }
  });

  it('runs a call once whose last fragment repeats the whole arguments', async () => {
    const whole = JSON.stringify({ command: 'echo once >> ran.txt; cat ran.txt' });
    const part = (args: string): Step => delta({ tool_calls: [{ index: 0, id: null, type: null, function: { name: null, arguments: args } }] });
    post(call('run_command', ''), part(whole.slice(0, 15)), part(whole.slice(15, -1)), part(whole));
    const worker = await bench.run('go');
    expect(worker.of('tool_end').map(({ output }) => output)).toEqual(['once\n']);
    expect(await fs.readFile(path.join(bench.workspace, 'ran.txt'), 'utf8')).toBe('once\n');
  });

  it('sends arguments that are no JSON back as JSON', async () => {
    post(call('run_command', '{"command": "echo'), call('run_command', '["echo"]', { index: 1, id: 'c2' }), call('run_command', 'echo', { index: 2, id: 'c3' }));
    const worker = await bench.run('go');
    expect(worker.of('tool_end').map(({ state }) => state)).toEqual(['failed', 'failed', 'failed']);
    expect(worker.final).toMatchObject({ frame: 'result', text: 'Well.' });
  });

  it('does not poison a session that was stored with it', async () => {
    const old = (callId: string, tool: string): Extract<Task['history'][number], { role: 'assistant' }>['toolCalls'][number] => ({ callId, tool, args: { command: 'ls' }, result: 'a' });
    const history: Task['history'] = [
      { role: 'user', text: 'first' },
      { role: 'assistant', text: '', toolCalls: [old('same', 'run_command<|channel|>commentary'), old('same', 'x y'), old('', 'run_command')] },
      { role: 'assistant', text: '', toolCalls: [old('same', ''), old('a b', 'run_command')] },
      { role: 'assistant', text: 'Done.', toolCalls: [] },
    ];
    const worker = await bench.run('[[say:ok]]', { history });
    expect(worker.final).toMatchObject({ frame: 'result', text: 'ok' });
  });
});
