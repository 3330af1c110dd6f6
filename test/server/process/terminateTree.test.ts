import { describe, expect, it } from 'vitest';
import { readLines } from '../../../server/process/lines.ts';
import { isAlive, listDescendants, readProcess } from '../../../server/process/processTable.ts';
import { spawnProcess, type SpawnedProcess } from '../../../server/process/spawn.ts';
import { terminateTree } from '../../../server/process/terminateTree.ts';

const env = { PATH: '/usr/bin:/bin' };

function firstLine(child: SpawnedProcess): Promise<string> {
  return new Promise((resolve) => void readLines(child.stdout, 1000, { onLine: resolve, onTooLong: () => resolve('') }));
}

describe('terminateTree', () => {
  it('lets a program that heeds SIGTERM leave by itself', async () => {
    const child = await spawnProcess('/bin/sh', ['-c', 'trap "exit 7" TERM; echo up; while :; do sleep 0.01; done'], { env });
    await firstLine(child);
    await terminateTree(child, 5000);
    expect(await child.exited).toEqual({ code: 7, signal: null });
  });

  it('kills a program that ignores SIGTERM, and its children', async () => {
    const child = await spawnProcess('/bin/sh', ['-c', 'trap "" TERM; sh -c "sleep 300 & sleep 300" & echo up; wait; sleep 300'], { env });
    await firstLine(child);
    const rows = listDescendants(child.pid);
    expect(rows.length).toBeGreaterThan(0);
    await terminateTree(child, 50);
    expect(rows.filter(isAlive)).toEqual([]);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('finds by its group what outlived a program that has ended', async () => {
    const child = await spawnProcess('/bin/sh', ['-c', 'sleep 300 >/dev/null 2>&1 </dev/null & echo $!'], { env, isDetached: true });
    const pid = Number(await firstLine(child));
    await child.exited;
    expect(readProcess(pid)).toBeDefined();
    await terminateTree(child, 50);
    await expect.poll(() => readProcess(pid)).toBeUndefined();
  });
});
