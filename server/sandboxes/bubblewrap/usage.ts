import fs from 'node:fs';
import { statfs } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { listDescendants } from '../../process/processTable.ts';
import { spawnProcess } from '../../process/spawn.ts';
import type { HostIds } from './places.ts';

const pageBytes = 4096;

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

/** Memory of a tree in bytes: proportional where the kernel tells us, else resident, which counts shared pages twice. */
export function readTreeMemory(pid: number): number {
  return listTree(pid).reduce((sum, each) => sum + readMemory(each), 0);
}

function readMemory(pid: number): number {
  try {
    const proportional = /^Pss:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1];
    if (proportional !== undefined) return Number(proportional) * 1024;
  } catch {
    // Another user's process, or one that has ended.
  }
  try {
    return Number(fs.readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1] ?? 0) * pageBytes;
  } catch {
    return 0;
  }
}

/** Bytes on disk of everything in a folder, counted by `du` with the sandbox's own ids, which follows no link. */
export async function readFolderBytes(folder: string, ids: HostIds | undefined): Promise<number> {
  const child = await spawnProcess('/usr/bin/du', ['-skx', '--', folder], { env: { LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'], ...ids });
  const said = await text(child.stdout);
  await child.closed;
  return Number(/^(\d+)/.exec(said)?.[1] ?? 0) * 1024;
}

/** Bytes in use on the file system that holds a folder. */
export async function readDiskUse(folder: string): Promise<number> {
  const disk = await statfs(folder);
  return (disk.blocks - disk.bfree) * disk.bsize;
}
