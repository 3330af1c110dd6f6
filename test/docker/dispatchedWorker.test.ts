import fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDispatcher } from '../../server/exec/createDispatcher.ts';
import type { Dispatcher, DispatchRequest, ProgressFrame } from '../../server/exec/dispatcher.ts';
import { deadRoute, sandboxOf } from '../server/exec/scriptedEngine.ts';
import { createMemoryLog } from '../support/memoryLog.ts';
import { PlainEngine } from './plainEngine.ts';
import { createWorkerBench, type WorkerBench } from './workerHarness.ts';

let bench: WorkerBench;
let dispatcher: Dispatcher;
let log: ReturnType<typeof createMemoryLog>;
beforeAll(async () => {
  bench = await createWorkerBench();
});
afterAll(async () => {
  await dispatcher.dispose();
  await bench.dispose();
});
beforeEach(async () => {
  await dispatcher?.dispose();
  log = createMemoryLog();
  // The scripted model stands where the socket of the task leads in the product.
  dispatcher = createDispatcher({ openInferenceSocket: async (file) => ({ path: file, assign: () => undefined, dispose: async () => undefined }), loggerOf: log.of });
});

function requestFor(engine: PlainEngine, message: string, change: Partial<DispatchRequest> = {}): DispatchRequest & { frames: ProgressFrame[] } {
  const { stdin: _stdin, ...task } = bench.task(message);
  const frames: ProgressFrame[] = [];
  const sandbox = { ...sandboxOf('a1', engine.hash), homePath: bench.workspace };
  return { sandbox, engine, task, route: deadRoute, observer: { onReport: () => undefined }, onFrame: (frame) => void frames.push(frame), signal: new AbortController().signal, frames, ...change };
}
const textOf = (frames: readonly ProgressFrame[]): string => frames.map((frame) => (frame.frame === 'text' ? frame.text : '')).join('');

describe('dispatcher and worker together', () => {
  it('run tasks one after another, each in a process of its own, the second in one that was waiting', async () => {
    const engine = new PlainEngine([process.execPath, bench.workerFile]);
    const first = requestFor(engine, '[[say:one]]');
    expect(await dispatcher.dispatch(first)).toMatchObject({ outcome: 'result', wasWarm: false, exitReason: 'exit 0' });
    const second = requestFor(engine, '[[tool:run_command {"command":"echo two"}]] [[say:two]]');
    expect(await dispatcher.dispatch(second)).toMatchObject({ outcome: 'result', wasWarm: true });
    expect([textOf(first.frames), textOf(second.frames)]).toEqual(['one', 'two']);
    expect(second.frames.map(({ frame }) => frame)).toContain('tool_end');
    expect(new Set(engine.pids).size).toBe(engine.pids.length);
  });

  it('tell a worker that was killed in mid-stream, with what it had said', async () => {
    const engine = new PlainEngine([process.execPath, bench.workerFile]);
    const request = requestFor(engine, '[[scenario:endless tps=200]]');
    const end = dispatcher.dispatch({ ...request, onFrame: (frame) => void (request.frames.push(frame) > 5 && process.kill(engine.pids[0] ?? 0, 'SIGKILL')) });
    expect(await end).toMatchObject({ outcome: 'error', error: { class: 'worker_failed', cause: 'killed' } });
    expect(textOf(request.frames)).not.toBe('');
  });

  it('stop a worker in mid-stream, and a program that ignores SIGTERM', async () => {
    const stop = new AbortController();
    const request = requestFor(new PlainEngine([process.execPath, bench.workerFile]), '[[scenario:endless tps=200]]', { signal: stop.signal });
    expect(await dispatcher.dispatch({ ...request, onFrame: () => stop.abort() })).toMatchObject({ outcome: 'stopped' });
    const script = `trap '' TERM; read task; echo '{"frame":"accepted","taskId":"task-1"}'; echo '{"frame":"status","phase":"tool"}'; while :; do sleep 0.1; done`;
    const stopStubborn = new AbortController();
    const stubborn = requestFor(new PlainEngine(['/bin/sh', '-c', script]), 'x', { signal: stopStubborn.signal });
    expect(await dispatcher.dispatch({ ...stubborn, onFrame: () => stopStubborn.abort() })).toMatchObject({ outcome: 'stopped', exitReason: 'SIGKILL (stopped_by_us)' });
  });

  it('run the worker that docker/README.md shows, as it stands there', async (ctx) => {
    const readme = await fs.readFile(path.resolve(import.meta.dirname, '../../docker/README.md'), 'utf8');
    const source = /```python\n([^]*?)```/.exec(readme)?.[1] ?? '';
    expect(source).toContain('frame("ready"');
    const python = (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'python3'));
    const found = await Promise.all(python.map((file) => fs.access(file).then(() => true, () => false)));
    if (!found.includes(true)) ctx.skip('The example is in Python, and there is no python3 on PATH.');
    const file = path.join(bench.workspace, 'example.py');
    await fs.writeFile(file, source);
    const request = requestFor(new PlainEngine(['python3', file]), '[[say:Hello from Python.]]');
    expect(await dispatcher.dispatch(request)).toMatchObject({ outcome: 'result', result: { text: 'Hello from Python.' } });
    expect(textOf(request.frames)).toBe('Hello from Python.');
    expect(log.entries.filter((entry) => entry.level !== 'info' && entry.level !== 'debug')).toEqual([]);
  });
});
