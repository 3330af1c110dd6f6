import { describe, expect, it } from 'vitest';
import { DiskWall } from '../../../../server/sandboxes/bubblewrap/diskWall.ts';
import type { DiskUse } from '../../../../server/sandboxes/bubblewrap/usage.ts';

const mebibyte = 1_048_576;
const diskWith = (freeMebibytes: number): DiskUse => ({ bytes: 0, files: 0, freeBytes: freeMebibytes * mebibyte, totalBytes: 100_000 * mebibyte });
const atStart = diskWith(50_000);

/** Tasks with what each has written, in MiB; a look asks as the watch of each task does. */
function openWall(written: Record<string, number | undefined>) {
  const names = Object.keys(written);
  const wall = new DiskWall((pid) => {
    const mebibytes = written[names[pid] ?? ''];
    return mebibytes === undefined ? undefined : mebibytes * mebibyte;
  });
  const ended: string[] = [];
  const leave = new Map(names.map((name, pid) => [name, wall.add({ pid, onExcess: () => ended.push(name) })]));
  const look = (freeMebibytes: number): void => {
    const now = diskWith(freeMebibytes);
    for (const _task of names) if (now.freeBytes < wall.roomToLeave(atStart, now)) wall.makeRoom(now);
  };
  const gone = (name: string): void => leave.get(name)?.();
  return { ended, look, gone };
}

describe('A disk without room for its tasks', () => {
  it('costs the task that wrote most its life, and the next one only when half of what was left is gone too', () => {
    const { ended, look, gone } = openWall({ builds: 900, fills: 40_000, reads: 0 });
    look(300);
    expect(ended).toEqual([]);
    look(200);
    look(150);
    expect(ended).toEqual(['fills']);
    gone('fills');
    look(150);
    look(101);
    expect(ended).toEqual(['fills']);
    look(99);
    expect(ended).toEqual(['fills', 'builds']);
  });

  it('costs every task that wrote its life once it is full, and no other one', () => {
    const { ended, look, gone } = openWall({ reads: 0, first: 900, talks: 3, second: 800 });
    for (const name of ['first', 'second']) {
      look(0);
      expect(ended.at(-1)).toBe(name);
      gone(name);
    }
    look(0);
    expect(ended).toEqual(['first', 'second']);
  });

  it('costs no task its life when another program took the room', () => {
    const { ended, look } = openWall({ reads: 0, talks: 3 });
    look(10);
    expect(ended).toEqual([]);
  });

  it('costs a task its life of which the kernel tells nothing', () => {
    const { ended, look } = openWall({ reads: 0, hidden: undefined });
    look(200);
    expect(ended).toEqual(['hidden']);
  });

  it('is guarded as before once there is room again', () => {
    const { ended, look, gone } = openWall({ fills: 40_000, builds: 900 });
    look(200);
    gone('fills');
    look(20_000);
    look(200);
    expect(ended).toEqual(['fills', 'builds']);
  });
});
