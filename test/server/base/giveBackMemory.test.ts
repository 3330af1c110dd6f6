import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { giveBackMemory } from '../../../server/base/giveBackMemory.ts';

const megabyte = 1_000_000;

describe('giveBackMemory', () => {
  it('gives the pages of what nobody holds any more back to the system', () => {
    let held: number[][] | undefined = Array.from({ length: 400 }, (_, row) => Array.from({ length: 10_000 }, (__, column) => row + column / 3));
    const full = getHeapStatistics().total_physical_size;
    expect(held).toHaveLength(400);
    held = undefined;
    giveBackMemory();
    expect(getHeapStatistics().total_physical_size).toBeLessThan(full - 20 * megabyte);
  });

  it('works in a thread, and leaves no collector within the reach of a program', async () => {
    const file = JSON.stringify(new URL('../../../server/base/giveBackMemory.ts', import.meta.url).href);
    const program = `
      import { parentPort } from 'node:worker_threads';
      import { runInNewContext } from 'node:vm';
      import { giveBackMemory } from ${file};
      giveBackMemory();
      giveBackMemory();
      parentPort.postMessage([typeof globalThis.gc, runInNewContext('typeof globalThis.gc')]);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const seen = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    await worker.terminate();
    expect(seen).toEqual(['undefined', 'undefined']);
  });
});
