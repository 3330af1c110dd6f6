import { describe, expect, it } from 'vitest';
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
});
