import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryTo } from '../../../../server/base/tryTo.ts';
import { whileStill } from '../../../../server/sandboxes/bubblewrap/holdStill.ts';
import { listTree } from '../../../../server/sandboxes/bubblewrap/usage.ts';

describe.skipIf(process.platform !== 'linux')('processes that are looked at while they stand still', () => {
  let folder: string;
  let child: ChildProcess;
  const size = (): number => fs.statSync(path.join(folder, 'out'), { throwIfNoEntry: false })?.size ?? 0;
  const list = (): number[] => listTree(child.pid ?? 0).filter((pid) => pid !== 0);

  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-still-'));
    child = spawn('/bin/sh', ['-c', 'while true; do /bin/echo x >> out; done'], { cwd: folder, stdio: 'ignore' });
    await expect.poll(size).toBeGreaterThan(0);
  });
  afterEach(async () => {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('do nothing until they have been looked at, and go on then', async () => {
    const { found, wereStill } = await whileStill(list, async () => {
      const before = size();
      await sleep(50);
      return size() - before;
    });
    expect([found, wereStill]).toEqual([0, true]);
    const after = size();
    await expect.poll(size).toBeGreaterThan(after);
  });

  it('go on when the look fails', async () => {
    await expect(whileStill(list, () => Promise.reject(new Error('blind')))).rejects.toThrow('blind');
    const after = size();
    await expect.poll(size).toBeGreaterThan(after);
  });

  it('are said not to have stood still while others come and are gone before anybody looks', async () => {
    let gone = 2 ** 22;
    const withNewcomers = (): number[] => [...list(), (gone += 1)];
    expect((await whileStill(withNewcomers, () => Promise.resolve())).wereStill).toBe(false);
  });

  it('are said not to have stood still when they go on meanwhile', async () => {
    const { wereStill } = await whileStill(list, async () => {
      // The first to go on may end what stands behind it in the list.
      for (const pid of list()) tryTo(() => process.kill(pid, 'SIGCONT'));
      await sleep(20);
    });
    expect(wereStill).toBe(false);
  });

  it('are said not to have stood still when one runs for a moment again and again and stops itself', async () => {
    const restless = spawn('/bin/sh', ['-c', 'while true; do kill -STOP $$; done'], { stdio: 'ignore' });
    const pid = restless.pid ?? 0;
    const wake = setInterval(() => process.kill(pid, 'SIGCONT'), 1);
    try {
      expect((await whileStill(() => listTree(pid), () => sleep(50))).wereStill).toBe(false);
    } finally {
      clearInterval(wake);
      restless.kill('SIGKILL');
    }
  });

  it.skipIf(!fs.existsSync('/usr/bin/perl'))('go on also where one stops itself because it saw its child stop, as a program does that watches over a terminal', async () => {
    const watching = spawn('/usr/bin/perl', ['-e', 'use POSIX; my $pid = fork; if (!$pid) { exec "sleep", "1" } while (1) { waitpid $pid, WUNTRACED; last unless WIFSTOPPED(${^CHILD_ERROR_NATIVE}); kill "STOP", $$ }'], { stdio: 'ignore' });
    const closed = new Promise((resolve) => watching.once('close', resolve));
    await expect.poll(() => listTree(watching.pid ?? 0).length).toBe(2);
    await sleep(50);
    expect((await whileStill(() => listTree(watching.pid ?? 0), () => sleep(20))).wereStill).toBe(true);
    expect(await closed).toBe(0);
  });
});
