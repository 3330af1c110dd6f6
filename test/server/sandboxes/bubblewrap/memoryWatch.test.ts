import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryWatch } from '../../../../server/sandboxes/bubblewrap/memoryWatch.ts';
import { createMemoryLog } from '../../../support/memoryLog.ts';

const mebibyte = 1_048_576;
const limitBytes = 1024 * mebibyte;

describe.skipIf(process.platform !== 'linux')('what the machine has left of its memory', () => {
  const children: ChildProcess[] = [];
  let freeBytes = 8192 * mebibyte;
  const readMachine = (): { freeBytes: number; totalBytes: number; sharedBytes: number } => ({ freeBytes, totalBytes: 16_384 * mebibyte, sharedBytes: 0 });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function holdMemory(mebibytes: number): Promise<number> {
    const child = spawn(process.execPath, ['-e', `const kept = require('crypto').randomBytes(${mebibytes * mebibyte}); console.log('up'); setTimeout(() => kept, 1e9);`], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    await once(child.stdout, 'data');
    return child.pid ?? 0;
  }

  it('is made by ending the largest task alone, and then the next only if that was not enough', async () => {
    const watch = new MemoryWatch(createMemoryLog().of('sandbox'), readMachine);
    const ended: string[] = [];
    const forget = new Map<string, () => void>();
    for (const [name, size] of [['small', 1], ['large', 100], ['middle', 50]] as const) {
      const pid = await holdMemory(size);
      forget.set(name, watch.add({ pid, memoryBytes: limitBytes, onExcess: () => ended.push(name) }));
    }
    freeBytes = 100 * mebibyte;
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['large']);
    forget.get('large')?.();
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['large', 'middle']);
    freeBytes = 8192 * mebibyte;
    forget.get('middle')?.();
    const later = await holdMemory(300);
    const own = watch.add({ pid: later, memoryBytes: 200 * mebibyte, onExcess: () => ended.push('over its own limit') });
    await expect.poll(() => ended, { timeout: 5000 }).toEqual(['large', 'middle', 'over its own limit']);
    own();
    forget.get('small')?.();
  });
});
