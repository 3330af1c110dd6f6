import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import { createDeferred } from '../../../server/base/deferred.ts';
import { createDispatcherBench } from './dispatcherBench.ts';
import { settle } from './manualClock.ts';
import { deadRoute, sandboxOf, taskOf } from './scriptedEngine.ts';

const result = { frame: 'result', outcome: 'completed', text: 'done', iterations: 1 };
const text = (words: string): object => ({ frame: 'text', text: words });

describe('the dispatcher', () => {
  it('assigns the route, writes the task as one line, and gives frames and the result', async () => {
    const bench = createDispatcherBench();
    const accepted: number[] = [];
    const task = await bench.dispatch({ onAccepted: (ms) => void accepted.push(ms) });
    expect(bench.engine.sockets[0]?.assigned).toBe(deadRoute);
    expect(bench.engine.launches[0]?.inferenceSocketHostPath).toBe('/tmp/t1/inference.sock');
    expect(task.process.received.join('')).toBe(`${JSON.stringify({ ...taskOf(), stdin: 'open' })}\n`);
    task.process.frame({ frame: 'ready', v: 1, runtime: 'local', version: '1' });
    await bench.clock.advance(7);
    task.accept();
    task.process.frame(text('Hi'));
    task.process.frame(result);
    await settle();
    expect(task.process.isStdinEnded).toBe(true);
    task.process.finish();
    expect(await task.end).toEqual({ outcome: 'result', result, exitReason: 'exit 0', dispatchMs: 7, wasWarm: false });
    expect(accepted).toEqual([7]);
    expect(task.frames).toEqual([text('Hi')]);
    expect(bench.engine.openDirectories).toBe(0);
    expect(bench.engine.sockets[0]?.disposals).toBe(1);
    expect(bench.clock.pending).toBe(0);
  });

  it('closes stdin after the line where the engine cannot keep it open, and says so in the task', async () => {
    const bench = createDispatcherBench({ keepsStdinOpen: false });
    const task = await bench.dispatch();
    expect(task.process.task.stdin).toBe('closed');
    expect(task.process.isStdinEnded).toBe(true);
    task.process.finish();
    await task.end;
  });

  it('tells the worker how the text of the route begins', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch({ route: { ...deadRoute, think: 'prefilled' } });
    expect(task.process.task.model.think).toBe('prefilled');
    task.process.finish();
    await task.end;
  });

  it('gives the same frames wherever the bytes of stdout are cut', async () => {
    const lines = Buffer.from(['{"frame":"accepted","taskId":"task-1"}', '', '  ', 'no json 🙂', '{"frame":"new_kind"}', '{"frame":"text","text":"Grüße 🙂"}', JSON.stringify(result)].join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: lines.length - 1 })), async (cuts) => {
        const bench = createDispatcherBench();
        const task = await bench.dispatch();
        let start = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), lines.length]) {
          task.process.stdout.write(lines.subarray(start, cut));
          start = cut;
        }
        task.process.finish();
        expect(await task.end).toMatchObject({ outcome: 'result' });
        expect(task.frames).toEqual([text('Grüße 🙂')]);
        expect(bench.log.entries.filter(({ text }) => text.startsWith('Ignored')).length).toBe(2);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the same frames when stdout comes byte by byte', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    for (const byte of Buffer.from(`{"frame":"accepted","taskId":"task-1"}\n{"frame":"thinking","text":"🙂"}\n${JSON.stringify(result)}\n`)) task.process.stdout.write(Buffer.from([byte]));
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(task.frames).toEqual([{ frame: 'thinking', text: '🙂' }]);
  });

  it('ignores frames before it accepted, of another task, and after the final one, and logs at most some of them', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.process.frame(text('early'));
    task.process.frame(result);
    task.process.frame({ frame: 'accepted', taskId: 'another' });
    task.accept();
    task.process.frame(result);
    for (let count = 0; count < 1_000; count++) task.process.frame(text('late'));
    task.process.frame({ frame: 'error', class: 'model_error', message: 'late', hint: '' });
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(task.frames).toEqual([]);
    expect(bench.log.entries.length).toBeLessThan(30);
    expect(bench.log.entries.at(-1)?.text).toContain('the rest is left out');
  });

  it('ends a task whose frame is above 1 MiB, without keeping it', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.stdout.write(Buffer.alloc(1_048_577, 'x'));
    expect(await task.end).toMatchObject({ outcome: 'error', error: { class: 'worker_failed', cause: 'frame_too_large' } });
    expect(task.process.terminations).toBe(1);
  });

  it('tells a worker that ended without a final frame, with its last words', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch({ about: { runId: 'r1' } });
    task.accept();
    task.process.frame(text('half'));
    task.process.stderr.write('first\nTypeError: no\n');
    task.process.finish({ code: 1, signal: null, cause: 'exited' });
    expect(await task.end).toMatchObject({ outcome: 'error', exitReason: 'exit 1', error: { class: 'worker_failed', cause: 'no_final_frame', details: { exit: 'exit 1', stderr: ['first', 'TypeError: no'] } } });
    expect(bench.log.entries.find((entry) => entry.text === 'TypeError: no')).toMatchObject({ source: 'worker', agentId: 'a1', runId: 'r1' });
  });

  it.each([
    ['out_of_memory', 'sandbox_limit'],
    ['sandbox_gone', 'sandbox_disconnected'],
    ['killed', 'worker_failed'],
    ['stopped_by_us', 'sandbox_disconnected'],
  ] as const)('names the class of an exit by its cause (%s), and the way on by the word of its button', async (cause, errorClass) => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    await settle();
    task.process.finish({ code: null, signal: 'SIGKILL', cause });
    const end = await task.end;
    expect(end).toMatchObject({ outcome: 'error', error: { class: errorClass } });
    expect(JSON.stringify(end)).not.toMatch(/\bresume\b/i);
  });

  it('takes the error that a worker tells, but not a class that only the gateway can know', async () => {
    for (const [claimed, errorClass] of [['model_crashed', 'model_crashed'], ['storage_full', 'worker_failed'], ['nonsense', 'worker_failed']] as const) {
      const bench = createDispatcherBench();
      const task = await bench.dispatch();
      task.accept();
      task.process.frame({ frame: 'error', class: claimed, message: 'It broke.', hint: 'Retry.' });
      task.process.finish();
      expect(await task.end).toMatchObject({ outcome: 'error', error: { class: errorClass, cause: claimed, message: 'It broke.' } });
    }
  });

  it('takes the error of a worker that could not read its task', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.process.frame({ frame: 'error', class: 'worker_failed', message: 'The task cannot be read.', hint: 'Restart.' });
    task.process.finish({ code: 2, signal: null, cause: 'exited' });
    expect(await task.end).toMatchObject({ outcome: 'error', dispatchMs: undefined, error: { message: 'The task cannot be read.' } });
  });

  it('gives up on a worker that is ready and accepts nothing within ten seconds, however often it says so, and counts no time before it was', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    await bench.clock.advance(60_000);
    task.process.frame({ frame: 'ready', v: 1, runtime: 'local', version: '1' });
    await bench.clock.advance(9_999);
    expect(task.process.terminations).toBe(0);
    task.process.frame({ frame: 'ready', v: 1, runtime: 'local', version: '1' });
    await bench.clock.advance(1);
    expect(await task.end).toMatchObject({ outcome: 'error', error: { class: 'worker_silent' } });
  });

  it('gives up on a worker that is not even ready within two minutes', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    await bench.clock.advance(119_999);
    expect(task.process.terminations).toBe(0);
    await bench.clock.advance(1);
    expect(await task.end).toMatchObject({ outcome: 'error', error: { class: 'worker_silent', message: expect.stringContaining('120000 ms') } });
  });

  it('starts so many workers at once, the next when one has taken its task, hangs or was stopped, and those of each sandbox in turn', async () => {
    const bench = createDispatcherBench();
    const tasks = await Promise.all(['a1', 'a1', 'a1', 'a1', 'a2'].map((agent, n) => bench.dispatch({ sandbox: sandboxOf(agent), task: taskOf(`task-${n + 1}`) })));
    const started = (): string[] => bench.engine.launches.map(({ sandbox }) => sandbox.spec.agentId);
    expect(started()).toEqual(['a1', 'a1']);
    bench.engine.processes[0]?.frame({ frame: 'accepted', taskId: 'task-1' });
    await settle();
    expect(started()).toEqual(['a1', 'a1', 'a1']);
    tasks[2]?.stop.abort();
    await tasks[2]?.end;
    await settle();
    expect(started()).toEqual(['a1', 'a1', 'a1', 'a2']);
    tasks[3]?.stop.abort();
    expect(await tasks[3]?.end).toMatchObject({ outcome: 'stopped', exitReason: 'not started' });
    await bench.dispatcher.dispose();
  });

  it('stops when asked: model calls end at once, frames that still come are kept', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.onTerminate = () => undefined;
    task.stop.abort();
    await settle();
    expect(bench.engine.sockets[0]?.disposals).toBe(1);
    expect(task.process).toMatchObject({ terminations: 1, isStdinEnded: true });
    task.process.frame(text('last words'));
    task.process.frame({ frame: 'error', class: 'cancelled', message: 'x', hint: 'y' });
    task.process.finish({ code: 0, signal: null, cause: 'stopped_by_us' });
    expect(await task.end).toEqual({ outcome: 'stopped', exitReason: 'exit 0 (stopped_by_us)', dispatchMs: 0, wasWarm: false });
    expect(task.frames).toEqual([text('last words')]);
  });

  it('starts nothing for a task that was stopped before', async () => {
    const bench = createDispatcherBench();
    const stop = AbortSignal.abort();
    await expect(bench.dispatcher.dispatch({ ...requestOf(bench), signal: stop })).resolves.toEqual({ outcome: 'stopped', exitReason: 'not started', dispatchMs: undefined, wasWarm: false });
    expect(bench.engine.launches).toEqual([]);
  });

  it('writes no task to a worker that started while its task was stopped', async () => {
    const bench = createDispatcherBench();
    const stop = new AbortController();
    const end = bench.dispatcher.dispatch({ ...requestOf(bench), signal: stop.signal });
    while (bench.engine.launches.length === 0) await Promise.resolve();
    stop.abort();
    expect(await end).toMatchObject({ outcome: 'stopped' });
    expect(bench.engine.last.received).toEqual([]);
    expect(bench.engine.last.terminations).toBe(1);
  });

  it('stops at the wall limit with an error that names it', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch({ wallMs: 5_000 });
    task.accept();
    await bench.clock.advance(5_000);
    expect(await task.end).toMatchObject({ outcome: 'stopped', error: { class: 'sandbox_limit', cause: 'wall_limit' } });
  });

  it('keeps the result of a task that is stopped while it leaves', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.frame(result);
    await settle();
    task.stop.abort();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(task.process.terminations).toBe(1);
  });

  it('ends a worker that lingers two seconds after its final frame, or after it has closed its stdout', async () => {
    const bench = createDispatcherBench();
    const lingering = await bench.dispatch();
    lingering.accept();
    lingering.process.frame(result);
    await bench.clock.advance(2_000);
    expect(await lingering.end).toMatchObject({ outcome: 'result' });
    const mute = await bench.dispatch();
    mute.accept();
    mute.process.stdout.end();
    await bench.clock.advance(2_000);
    expect(await mute.end).toMatchObject({ outcome: 'error', error: { class: 'worker_failed', cause: 'stdout_closed' } });
  });

  it('gives up a process that cannot be ended, and says so', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.onTerminate = () => undefined;
    task.stop.abort();
    await bench.clock.advance(20_000);
    expect(await task.end).toMatchObject({ outcome: 'stopped', exitReason: 'did not end' });
    expect(task.process.kills).toBe(1);
  });

  it('does not wait longer than 500 ms for stdout to close after the exit', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.frame(result);
    task.process.exit();
    await bench.clock.advance(500);
    expect(await task.end).toMatchObject({ outcome: 'result' });
  });

  it('holds the worker back while a frame is being taken, and takes all of them in order', async () => {
    const bench = createDispatcherBench();
    const gate = createDeferred<undefined>();
    const taken: string[] = [];
    const task = await bench.dispatch({
      onFrame: async (frame) => {
        if (frame.frame === 'text') taken.push(frame.text.slice(0, 4));
        await gate.promise;
      },
    });
    task.accept();
    const padding = 'x'.repeat(100_000);
    for (let count = 0; count < 100; count++) task.process.frame(text(String(count).padEnd(4) + padding));
    task.process.frame(result);
    await settle();
    expect(taken).toEqual(['0   ']);
    expect(task.process.stdout.isPaused()).toBe(true);
    gate.resolve(undefined);
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(taken).toEqual(Array.from({ length: 100 }, (_, index) => String(index).padEnd(4)));
  });

  it('logs a listener that throws, and goes on', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch({
      onFrame: () => {
        throw new Error('no room');
      },
    });
    task.accept();
    task.process.frame(text('a'));
    task.process.frame(result);
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(bench.log.entries.some((entry) => entry.level === 'error' && entry.text.includes('no room'))).toBe(true);
  });

  it('gives the error of an engine that cannot start, and leaves nothing behind', async () => {
    const bench = createDispatcherBench();
    bench.engine.failure = new AppError('sandbox_unavailable', 'No.', { hint: 'Do.' });
    expect(await bench.dispatcher.dispatch(requestOf(bench))).toMatchObject({ outcome: 'error', exitReason: 'not started', error: { class: 'sandbox_unavailable', message: 'No.' } });
    expect(bench.engine.openDirectories).toBe(0);
    expect(bench.engine.sockets[0]?.disposals).toBe(1);
  });

  it('stops what runs when it is disposed', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    await bench.dispatcher.dispose();
    expect(await task.end).toMatchObject({ outcome: 'stopped' });
    expect(await bench.dispatcher.dispatch(requestOf(bench))).toMatchObject({ outcome: 'stopped', exitReason: 'not started' });
  });
});

function requestOf(bench: ReturnType<typeof createDispatcherBench>): Parameters<typeof bench.dispatcher.dispatch>[0] {
  return { sandbox: sandboxOf('a1'), engine: bench.engine, task: taskOf(), route: deadRoute, observer: { onReport: () => undefined }, onFrame: () => undefined, signal: new AbortController().signal };
}
