import fs from 'node:fs';
import { scratchBytes, sharedMemoryBytes } from './bwrapArguments.ts';
import { look } from './look.ts';
import { listTree } from './usage.ts';

/** What a file without content takes of the kernel's memory. */
const inodeBytes = 2048;

/** Memory of this machine, in bytes. */
export interface MachineMemory {
  /** What programs can still have. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files in memory and memory that processes share, of all programs together. */
  readonly sharedBytes: number;
}

/** Reads the memory of this machine; undefined where the kernel does not tell. */
export function readMachineMemory(): MachineMemory | undefined {
  const lines = readText('/proc/meminfo');
  const read = (name: string): number => kibibytes(lines, name) ?? Number.NaN;
  const memory = { freeBytes: read('MemAvailable'), totalBytes: read('MemTotal'), sharedBytes: read('Shmem') };
  return Number.isNaN(memory.freeBytes + memory.totalBytes + memory.sharedBytes) ? undefined : memory;
}

/** A quick look at the memory of a sandbox: what lets it be counted later, and an estimate that is too high where processes share. */
export interface MemoryLook {
  readonly pids: readonly number[];
  /** Memory of the processes' own, also in swap; what several share counts for each. */
  readonly ownBytes: number;
  /** What they have mapped of shared memory, counted alike. */
  readonly sharedBytes: number;
  readonly scratch: { readonly bytes: number; readonly inodeBytes: number };
}

/** Pages of mapped files are not looked at: the kernel takes them back when it needs room. */
export function lookAtMemory(pid: number): MemoryLook {
  const pids = listTree(pid);
  const { own, shared } = addUp(pids.map((each) => readShown(each).sizes));
  return { pids, ownBytes: own, sharedBytes: shared, scratch: readScratch(pids.slice(1)) };
}

/**
 * Counts what was looked at: what several processes share once. Shared memory is what they have mapped, or what lies in their folders
 * and open files, whichever is more: most of it is both. It takes programs of its own, so that a large task holds nothing up here.
 */
export async function countMemory({ pids, scratch }: MemoryLook): Promise<number> {
  const [{ own, shared }, open] = await Promise.all([readProportional(pids), readOpenMemory(pids)]);
  return own + Math.max(shared, scratch.bytes + open) + scratch.inodeBytes;
}

interface Sizes {
  readonly own: number;
  readonly shared: number;
}

interface Shown {
  /** In /proc; a thread that has ended shows no memory, also when it was the first and others go on. */
  readonly folder: string;
  readonly sizes: Sizes;
}

function readShown(pid: number): Shown {
  const first = `/proc/${pid}`;
  const read = (folder: string): Shown | undefined => {
    const sizes = parseStatus(readText(`${folder}/status`));
    return sizes === undefined ? undefined : { folder, sizes };
  };
  const shown = read(first) ?? listThreads(pid).map((thread) => read(`${first}/task/${thread}`)).find((other) => other !== undefined);
  return shown ?? { folder: first, sizes: { own: 0, shared: 0 } };
}

function parseStatus(status: string): Sizes | undefined {
  const own = kibibytes(status, 'RssAnon');
  return own === undefined ? undefined : { own: own + (kibibytes(status, 'VmSwap') ?? 0), shared: kibibytes(status, 'RssShmem') ?? 0 };
}

/** A process that does not let itself be looked at so closely counts with all that it shares. */
async function readProportional(pids: readonly number[]): Promise<Sizes> {
  const { out } = await look('/bin/grep', ['-HsE', '^(Pss_Anon|Pss_Shmem|SwapPss):', ...pids.map((pid) => `${readShown(pid).folder}/smaps_rollup`)]);
  const lines = [...out.matchAll(/^\/proc\/(\d+)\/.*:(Pss_Anon|Pss_Shmem|SwapPss):\s+(\d+) kB$/gm)];
  const seen = new Set(lines.map(([, pid]) => Number(pid)));
  const unseen = pids.filter((pid) => !seen.has(pid)).map((pid) => readShown(pid).sizes);
  const sizes = lines.map(([, , name, size]): Sizes => {
    const bytes = Number(size) * 1024;
    return name === 'Pss_Shmem' ? { own: 0, shared: bytes } : { own: bytes, shared: 0 };
  });
  return addUp([...sizes, ...unseen]);
}

/** Files in memory that no folder names, each once. */
async function readOpenMemory(pids: readonly number[]): Promise<number> {
  const { out } = await look('/usr/bin/find', [
    ...pids.map((pid) => `/proc/${pid}/fd`),
    ...['-maxdepth', '1', '-lname', '/memfd:*', '-exec', '/usr/bin/stat', '-L', '-c', '%i %b', '{}', '+'],
  ]);
  const files = new Map([...out.matchAll(/^(\d+) (\d+)$/gm)].map((match) => [match[1], Number(match[2]) * 512]));
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** What is in the folders of a sandbox that lie in memory, seen through the root of a process inside; each is known by its size. */
function readScratch(inside: readonly number[]): MemoryLook['scratch'] {
  const read = (folder: string, size: number): MemoryLook['scratch'] => {
    for (const pid of inside) {
      try {
        const { blocks, bfree, bsize, files, ffree } = fs.statfsSync(`/proc/${pid}/root${folder}`);
        if (blocks * bsize === size) return { bytes: (blocks - bfree) * bsize, inodeBytes: (files - ffree) * inodeBytes };
      } catch {
        // Gone, or without this folder.
      }
    }
    return { bytes: 0, inodeBytes: 0 };
  };
  const [scratch, shared] = [read('/tmp', scratchBytes), read('/dev/shm', sharedMemoryBytes)];
  return { bytes: scratch.bytes + shared.bytes, inodeBytes: scratch.inodeBytes + shared.inodeBytes };
}

function listThreads(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A size that the kernel gives in kB, in bytes. */
function kibibytes(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
}

function addUp(sizes: readonly Sizes[]): Sizes {
  return sizes.reduce((sum, { own, shared }) => ({ own: sum.own + own, shared: sum.shared + shared }), { own: 0, shared: 0 });
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
