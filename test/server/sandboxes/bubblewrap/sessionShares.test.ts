import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { SessionShares } from '../../../../server/sandboxes/bubblewrap/sessionShares.ts';
import { listTree } from '../../../../server/sandboxes/bubblewrap/usage.ts';

const switchFile = '/proc/sys/kernel/sched_autogroup_enabled';
const isOn = fs.existsSync(switchFile) && fs.readFileSync(switchFile, 'latin1').trim() === '1';
const shareOf = (pid: number): string => fs.readFileSync(`/proc/${pid}/autogroup`, 'latin1').trim().replace(/^.* nice/, 'nice');

describe.skipIf(!isOn)('sessions of a task, where the kernel shares the processors between sessions', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    for (const pid of listTree(child?.pid ?? 0).toReversed()) process.kill(pid, 'SIGKILL');
  });

  it('are made light, also those that it starts later, and the session of others is left alone', async () => {
    const own = shareOf(process.pid);
    child = spawn('/bin/sh', ['-c', 'setsid sleep 1000 & read go; setsid sleep 1001 & wait'], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    const top = child.pid ?? 0;
    const forget = new SessionShares().add(top);
    const shares = (): string[] => listTree(top).map(shareOf);
    await expect.poll(shares, { timeout: 5000 }).toEqual(['nice 19', 'nice 19']);
    child.stdin?.write('\n');
    await expect.poll(shares, { timeout: 5000 }).toEqual(['nice 19', 'nice 19', 'nice 19']);
    forget();
    expect(shareOf(process.pid)).toBe(own);
  });
});
