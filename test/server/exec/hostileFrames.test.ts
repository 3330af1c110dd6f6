import { describe, expect, it, vi } from 'vitest';
import { createDispatcherBench } from './dispatcherBench.ts';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const toolStart = (callId: string, depth: number): string => `{"frame":"tool_start","callId":"${callId}","tool":"x","title":"","args":{"a":${nested(depth)}}}\n`;

describe('frames of a hostile worker', () => {
  it('whose arguments are nested deep are ignored, and those after them count', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    for (const depth of [100, 2_500, 250_000]) task.process.stdout.write(toolStart('deep', depth));
    task.process.stdout.write(toolStart('flat', 20));
    task.process.frame({ frame: 'result', outcome: 'completed', text: '', iterations: 1 });
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
    expect(task.frames).toMatchObject([{ frame: 'tool_start', callId: 'flat' }]);
    expect(bench.log.entries.filter((entry) => entry.text.includes('nested deeper'))).toHaveLength(3);
  });

  it.each([
    ['that are no frames', '{}\n'.repeat(200_000)],
    ['that are empty', '\n'.repeat(1_000_000)],
    ['that are long and of an unknown kind', `{"frame":"new_kind","x":"${'x'.repeat(1_000_000)}"}\n`.repeat(20)],
  ])('are lines %s without end: the worker is ended, and few of them were looked at', async (_name, flood) => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.stdout.write(flood);
    await vi.waitFor(() => expect(task.process.isStdinEnded).toBe(true));
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'error', error: { class: 'worker_failed', cause: 'noise' } });
    expect(bench.log.entries.length).toBeLessThan(30);
  });

  it('may be a few thousand lines of a library that prints where it should not', async () => {
    const bench = createDispatcherBench();
    const task = await bench.dispatch();
    task.accept();
    task.process.stdout.write('npm notice\n'.repeat(5_000));
    task.process.frame({ frame: 'result', outcome: 'completed', text: '', iterations: 1 });
    task.process.finish();
    expect(await task.end).toMatchObject({ outcome: 'result' });
  });
});
