import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../server/store/lock.ts';
import { fileSystemTypeOf, isNetworkType } from '../../../server/store/networkFileSystem.ts';

let directory: string;
const children: ChildProcessByStdio<Writable, Readable, null>[] = [];
beforeEach(() => void (directory = mkdtempSync(path.join(tmpdir(), 'logos-lock-'))));
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

async function end(child: ChildProcessByStdio<Writable, Readable, null>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

function start(): ChildProcessByStdio<Writable, Readable, null> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, '../../support/store/lockingChild.ts'), directory],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  children.push(child);
  return child;
}
const firstWord = async (child: { stdout: Readable }): Promise<string> =>
  String((await once(child.stdout, 'data'))[0]).trim();

describe('The lock of a state directory', () => {
  it('has one holder among many starters, and is free once that one is killed', { timeout: 30_000 }, async () => {
    const starters = Array.from({ length: 5 }, start);
    const words = await Promise.all(starters.map(firstWord));
    expect([...words].sort()).toEqual(['held', 'refused', 'refused', 'refused', 'refused']);
    expect(await acquireLock(directory)).toBeUndefined();
    await end(starters[words.indexOf('held')]!, 'SIGKILL');
    const lock = await acquireLock(directory);
    expect(lock?.directory).toBe(directory);
    lock?.release();
  });

  it('is the same through a link, is refused to its own process too, and is free after release', async () => {
    const link = `${directory}-link`;
    symlinkSync(directory, link);
    try {
      const lock = await acquireLock(link);
      expect(lock?.directory).toBe(directory);
      expect(await acquireLock(directory)).toBeUndefined();
      // A try that was refused must not have let go of it for others.
      expect(await firstWord(start())).toBe('refused');
      expect(statSync(path.join(directory, 'gateway.lock')).mode & 0o777).toBe(0o600);
      lock?.release();
      lock?.release();
      const again = await acquireLock(directory);
      expect(again).toBeDefined();
      again?.release();
    } finally {
      rmSync(link);
    }
  });

  it('is not trusted to a file system of another machine', () => {
    const mountinfo = [
      '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw',
      '30 22 0:30 / /home rw - nfs4 server:/home rw',
      '31 30 0:31 / /home/me/My\\040Disk rw - ext4 /dev/vdb rw',
      '32 22 0:32 / /mnt/ssh rw - fuse.sshfs me@there: rw',
      '33 22 0:33 / /mnt/ssh rw master:2 - tmpfs tmpfs rw',
      '',
    ].join('\n');
    const typeOf = (file: string): string | undefined => fileSystemTypeOf(mountinfo, file);
    expect(['/', '/homely', '/home', '/home/me', '/home/me/My Disk/x', '/mnt/ssh/x'].map(typeOf)).toEqual([
      'ext4',
      'ext4',
      'nfs4',
      'nfs4',
      'ext4',
      'tmpfs',
    ]);
    expect(['nfs', 'nfs4', 'cifs', 'smb3', 'fuse.sshfs', 'fuse.rclone'].every(isNetworkType)).toBe(true);
    expect(
      ['ext4', 'btrfs', 'xfs', 'tmpfs', 'overlay', 'zfs', 'apfs', 'fuse.mergerfs', 'fuseblk'].some(isNetworkType),
    ).toBe(false);
  });
});
