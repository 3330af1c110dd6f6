import { describe, expect, it } from 'vitest';
import { createDispatcherBench, type DispatcherBench } from './dispatcherBench.ts';
import { settle } from './manualClock.ts';
import { sandboxOf, taskOf } from './scriptedEngine.ts';

const warmBench = (maxWaiting = 1): DispatcherBench => createDispatcherBench({ warm: { maxWaiting } });

async function prewarm(bench: DispatcherBench, agentId = 'a1', hash = 'h1'): Promise<void> {
  bench.dispatcher.prewarm({ sandbox: sandboxOf(agentId, hash), engine: bench.engine });
  await settle();
}

describe('workers that wait for their task', () => {
  it('take the task of their sandbox, with the socket that they were started with', async () => {
    const bench = warmBench();
    await prewarm(bench);
    expect(bench.engine.last.received).toEqual([]);
    bench.engine.last.frame({ frame: 'ready', v: 1, runtime: 'local', version: '1' });
    const task = await bench.dispatch();
    expect(task.process).toBe(bench.engine.processes[0]);
    expect(bench.engine.sockets[0]?.assigned).toBeDefined();
    task.accept();
    task.process.frame({ frame: 'result', outcome: 'completed', text: '', iterations: 1 });
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result', wasWarm: true });
  });

  it('are started again when a task has ended, one at a time', async () => {
    const bench = warmBench();
    const task = await bench.dispatch();
    expect(bench.engine.processes).toHaveLength(1);
    task.process.finish();
    await task.end;
    await settle();
    await prewarm(bench);
    expect(bench.engine.processes).toHaveLength(2);
  });

  it('serve one task only', async () => {
    const bench = warmBench();
    await prewarm(bench);
    const [first, second] = [await bench.dispatch(), await bench.dispatch({ task: taskOf('task-2') })];
    expect(bench.engine.processes).toHaveLength(2);
    for (const task of [first, second]) {
      task.accept();
      task.process.finish();
    }
    expect(await first.end).toMatchObject({ outcome: 'error' });
    expect(await second.end).toMatchObject({ wasWarm: false });
  });

  it('leave for a sandbox that has become another, and for another agent', async () => {
    const bench = warmBench();
    await prewarm(bench);
    const task = await bench.dispatch({ sandbox: sandboxOf('a1', 'h2') });
    expect(bench.engine.processes[0]?.terminations).toBe(1);
    task.process.finish();
    expect(await task.end).toMatchObject({ wasWarm: false });
    await settle();
    await prewarm(bench, 'a2');
    expect(bench.engine.processes[2]?.terminations).toBe(1);
    expect(bench.engine.processes).toHaveLength(4);
  });

  it('stay when another agent runs a task, where more than one may wait', async () => {
    const bench = warmBench(2);
    await prewarm(bench, 'a1');
    await prewarm(bench, 'a2');
    const task = await bench.dispatch({ sandbox: sandboxOf('a2') });
    expect(task.process).toBe(bench.engine.processes[1]);
    expect(bench.engine.processes[0]?.terminations).toBe(0);
    await bench.dispatcher.dispose();
    await task.end;
  });

  it('are given up after ten idle minutes, with their socket and directory', async () => {
    const bench = warmBench();
    await prewarm(bench);
    await bench.clock.advance(599_999);
    expect(bench.engine.last.terminations).toBe(0);
    await bench.clock.advance(1);
    expect(bench.engine.last.terminations).toBe(1);
    expect(bench.engine.openDirectories).toBe(0);
    expect(bench.engine.sockets[0]?.disposals).toBe(1);
  });

  it('are ended before a reset and at the end', async () => {
    const bench = warmBench();
    await prewarm(bench);
    await bench.dispatcher.discardWarm('a1');
    expect(bench.engine.last.terminations).toBe(1);
    expect(bench.engine.openDirectories).toBe(0);
    await prewarm(bench);
    await bench.dispatcher.dispose();
    expect(bench.engine.processes[1]?.terminations).toBe(1);
    await prewarm(bench);
    expect(bench.engine.processes).toHaveLength(2);
  });

  it('are replaced in silence when they died while waiting', async () => {
    const bench = warmBench();
    await prewarm(bench);
    bench.engine.last.finish({ code: null, signal: 'SIGKILL', cause: 'killed' });
    await settle();
    const task = await bench.dispatch();
    expect(task.process).toBe(bench.engine.processes[1]);
    task.process.finish();
    await task.end;
    expect(bench.engine.openDirectories).toBeLessThanOrEqual(1);
    expect(bench.log.entries).toEqual([]);
    await bench.dispatcher.dispose();
  });

  it('hand their task to a fresh one when they die before they took it, and not after', async () => {
    const bench = warmBench();
    await prewarm(bench);
    const dying = await bench.dispatch();
    dying.process.finish({ code: null, signal: 'SIGKILL', cause: 'killed' });
    await settle();
    const fresh = bench.engine.processes.find((process) => process !== dying.process && process.received.length > 0);
    expect(fresh?.task.taskId).toBe('task-1');
    fresh?.frame({ frame: 'accepted', taskId: 'task-1' });
    await settle();
    fresh?.finish({ code: null, signal: 'SIGKILL', cause: 'killed' });
    expect(await dying.end).toMatchObject({ outcome: 'error', wasWarm: false, error: { cause: 'killed' } });
    expect(bench.engine.processes.filter((process) => process.received.length > 0)).toHaveLength(2);
    await bench.dispatcher.dispose();
  });

  it('are done without when they cannot be started', async () => {
    const bench = warmBench();
    bench.engine.failure = new Error('no memory');
    await prewarm(bench);
    const task = await bench.dispatch();
    task.process.finish();
    expect(await task.end).toMatchObject({ wasWarm: false });
    expect(bench.log.entries[0]).toMatchObject({ level: 'debug', text: 'No worker waits for the next task: no memory' });
    await bench.dispatcher.dispose();
  });
});
