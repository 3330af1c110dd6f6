import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
      for (const pid of list()) process.kill(pid, 'SIGCONT');
      await sleep(20);
    });
    expect(wereStill).toBe(false);
  });
});
