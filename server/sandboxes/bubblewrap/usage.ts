import fs from 'node:fs';
import { statfs } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { listDescendants } from '../../process/processTable.ts';
import { spawnOwned } from '../../process/ownedProcesses.ts';
import type { HostIds } from './places.ts';

/** Pids of a process and of all that descends from it, found from the top without looking at the rest of the machine. */
export function listTree(pid: number): number[] {
  const found = [pid];
  for (const parent of found) {
    const children = readChildren(parent);
    if (children === undefined) return [pid, ...listDescendants(pid).map((row) => row.pid)];
    found.push(...children);
  }
  return found;
}

/** Direct children of a process; undefined where the kernel does not list them. */
export function readChildren(pid: number): number[] | undefined {
  let threads: string[];
  try {
    threads = fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  const children: number[] = [];
  for (const thread of threads) {
    try {
      const list = fs.readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1');
      children.push(...list.split(' ').filter(Boolean).map(Number));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && fs.existsSync(`/proc/${pid}/task/${thread}`)) return undefined;
    }
  }
  return children;
}

/**
 * What a process and all that descend from it have written since they began, in bytes: by write calls, whatever to, or by changing pages of
 * files, whichever is more. Those that have ended are in the sum of who waited for them. Undefined where the kernel does not tell.
 */
export function readWrittenBytes(pid: number): number | undefined {
  const counts = listTree(pid).flatMap((each) => readCounters(each) ?? []);
  return counts.length === 0 ? undefined : counts.reduce((sum, bytes) => sum + bytes, 0);
}

function readCounters(pid: number): number | undefined {
  try {
    const text = fs.readFileSync(`/proc/${pid}/io`, 'latin1');
    const read = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    return Math.max(read('wchar'), read('write_bytes'));
  } catch {
    return undefined;
  }
}

/** A file takes at least this much, so that a flood of empty ones counts too. */
const leastFileBytes = 4096;

/** The home of a sandbox, and what is needed to count it. */
export interface CountedFolder {
  readonly homePath: string;
  readonly ids: HostIds | undefined;
  readonly bwrapPath: string;
  /** The gateway's, which owns the program that counts. */
  readonly stateDir: string;
}

/**
 * What everything in a folder takes of the disk. Counted by `du` in a sandbox of its own, with the ids of the folder's owner
 * and the one capability to look also where that owner has forbidden it. Throws when it cannot be counted, or not in time.
 */
export async function readFolderBytes({ homePath, ids, bwrapPath, stateDir }: CountedFolder, timeoutMs: number): Promise<number> {
  const count = async (unit: string): Promise<number> => {
    const child = await spawnOwned(stateDir, bwrapPath, [...countingSandbox, '--ro-bind', homePath, '/counted', '--', '/usr/bin/du', '-sx', unit, '/counted'], {
      env: { LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      ...ids,
    });
    const late = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const [said] = await Promise.all([text(child.stdout), child.closed]);
    clearTimeout(late);
    const counted = /^(\d+)\s/.exec(said)?.[1];
    if (counted === undefined) throw new Error(`du said nothing about ${homePath}`);
    return Number(counted);
  };
  const [kibibytes, files] = await Promise.all([count('-k'), count('--inodes')]);
  return Math.max(kibibytes * 1024, files * leastFileBytes);
}

const countingSandbox: readonly string[] = [
  ...['--unshare-all', '--die-with-parent', '--new-session', '--uid', '0', '--gid', '0', '--cap-drop', 'ALL', '--cap-add', 'CAP_DAC_READ_SEARCH'],
  ...['--ro-bind', '/usr', '/usr', '--ro-bind-try', '/lib', '/lib', '--ro-bind-try', '/lib64', '/lib64'],
];

/** What is in use on the file system that holds a folder. */
export interface DiskUse {
  readonly bytes: number;
  readonly files: number;
  /** What an ordinary user may still write, and what the file system holds in all. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Reads what is in use on the file system that holds a folder. */
export async function readDiskUse(folder: string): Promise<DiskUse> {
  const disk = await statfs(folder);
  return { bytes: (disk.blocks - disk.bfree) * disk.bsize, files: disk.files - disk.ffree, freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize };
}

/** The most by which a folder on this disk can have grown between two looks at the disk, as `readFolderBytes` counts. */
export function growthBetween(before: DiskUse, now: DiskUse): number {
  return Math.max(0, now.bytes - before.bytes, (now.files - before.files) * leastFileBytes);
}
