import fs from 'node:fs';
import { statfs } from 'node:fs/promises';
import { scratchBytes, sharedMemoryBytes } from './bwrapArguments.ts';
import { look } from './look.ts';
import { livingThread } from './threads.ts';
import { listTree } from './usage.ts';

/** What a file without content takes of the kernel's memory. */
const inodeBytes = 2048;
/** The most that the queue of a socket takes, which any program may ask for, and the queue of a pipe. */
const socketBytes = 2 * 212_992;
const pipeBytes = 65_536;

/** Memory of this machine that programs can still have. */
export interface AvailableMemory {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Reads what memory is left; undefined where the kernel does not tell. */
export function readAvailableMemory(): AvailableMemory | undefined {
  try {
    const lines = fs.readFileSync('/proc/meminfo', 'latin1');
    const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(lines)?.[1] ?? Number.NaN) * 1024;
    const memory = { freeBytes: read('MemAvailable'), totalBytes: read('MemTotal') };
    return Number.isNaN(memory.freeBytes + memory.totalBytes) ? undefined : memory;
  } catch {
    return undefined;
  }
}

/**
 * Memory of a sandbox in bytes: of its processes, of its folders in memory, and the most that its sockets and pipes can hold.
 * What is over `enough` in a quick estimate, which is never too low, is counted exactly; that takes programs of their own.
 */
export async function readTreeMemory(pid: number, enough: number): Promise<number> {
  const pids = listTree(pid);
  const shown = pids.map(livingThread);
  const resident = shown.reduce((sum, folder) => sum + readResident(folder), 0);
  const scratch = await readScratch(pids.slice(1));
  const estimate = resident + scratch + countDescriptors(shown) * socketBytes;
  if (estimate <= enough) return estimate;
  const [proportional, queues] = await Promise.all([readProportional(shown), readQueues(shown)]);
  return (proportional ?? resident) + scratch + queues;
}

/** Counts pages that processes share once for each of them; in kB because the size of a page differs between machines. */
function readResident(folder: string): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`${folder}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function countDescriptors(folders: readonly string[]): number {
  return folders.reduce((sum, folder) => {
    const table = `${folder}/fd`;
    try {
      return sum + (fs.statSync(table).size || fs.readdirSync(table).length);
    } catch {
      return sum;
    }
  }, 0);
}

/** Undefined when a process does not let itself be looked at. */
async function readProportional(folders: readonly string[]): Promise<number | undefined> {
  const { out, isWhole } = await look('/bin/grep', ['-hs', '^Pss:', ...folders.map((folder) => `${folder}/smaps_rollup`)]);
  const sizes = [...out.matchAll(/^Pss:\s+(\d+) kB$/gm)].map((match) => Number(match[1]) * 1024);
  const hasAll = isWhole && sizes.length >= folders.filter((folder) => readResident(folder) > 0).length;
  return hasAll ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
}

/** Each socket and pipe once, however many descriptors there are of it. */
async function readQueues(folders: readonly string[]): Promise<number> {
  const { out } = await look('/usr/bin/find', [...folders.map((folder) => `${folder}/fd`), '-maxdepth', '1', '(', '-lname', 'socket:*', '-o', '-lname', 'pipe:*', ')', '-printf', '%l\\n']);
  const queues = [...new Set(out.split('\n').filter(Boolean))];
  const sockets = queues.filter((queue) => queue.startsWith('socket:')).length;
  return sockets * socketBytes + (queues.length - sockets) * pipeBytes;
}

/** What is in the folders of a sandbox that lie in memory, seen through the root of a process inside; each is known by its size. */
async function readScratch(inside: readonly number[]): Promise<number> {
  const read = async (folder: string, size: number): Promise<number> => {
    for (const pid of inside) {
      try {
        const { blocks, bfree, bsize, files, ffree } = await statfs(`/proc/${pid}/root${folder}`);
        if (blocks * bsize === size) return (blocks - bfree) * bsize + (files - ffree) * inodeBytes;
      } catch {
        // Gone, or without this folder.
      }
    }
    return 0;
  };
  const [scratch, shared] = await Promise.all([read('/tmp', scratchBytes), read('/dev/shm', sharedMemoryBytes)]);
  return scratch + shared;
}
