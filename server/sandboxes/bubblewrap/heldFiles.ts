import fs from 'node:fs';
import { stat } from 'node:fs/promises';
import { workspacePath } from '../../policies/workspace.ts';
import { look } from './look.ts';
import { livingThread, livingThreads } from './threads.ts';

/** Files that no folder names any more and whose space a task holds by having them open. */
export interface HeldFiles {
  readonly bytes: number;
  /** How many more files may be held where nobody can look: in flight in a socket, mapped and closed, of a process that hides or has just gone. */
  readonly unseen: number;
}

/** What counts as unseen where any number may be. */
const unlimited = 1_000_000;

const blockBytes = 512;

/**
 * Looks at every descriptor, program and working folder of the threads of some processes. The looking is done by programs of
 * their own with a time limit, so that a task with very many descriptors holds up nothing here; what they could not finish
 * counts as unseen. `ownDescriptors` are our ends of their pipes; `homePath` says on which device files count. Never throws.
 */
export async function readHeldFiles(pids: readonly number[], ownDescriptors: readonly number[], homePath: string): Promise<HeldFiles> {
  // Asked about nothing, the programs would look at everything.
  if (pids.length === 0) return { bytes: 0, unseen: 0 };
  const threads = pids.flatMap(livingThreads);
  if (threads.length === 0) return { bytes: 0, unseen: 0 };
  const device = fs.statSync(homePath, { throwIfNoEntry: false })?.dev;
  const isOfHome = (number: number): boolean => number === device || isBlockDevice(number);
  const [descriptors, places, isInFlight, mapped] = await Promise.all([findDeleted(threads), statPlaces(threads), hasInFlight(threads, ownDescriptors), listMapped(pids)]);
  const found = new Map([...descriptors.files, ...places.files].filter((file) => isOfHome(file.device)).map((file) => [file.inode, file.bytes]));
  const onlyMapped = mapped.inodes.filter((inode) => !found.has(inode)).length;
  return {
    bytes: [...found.values()].reduce((sum, bytes) => sum + bytes, 0),
    unseen: Math.min(unlimited, descriptors.unseen + places.unseen + (isInFlight ? unlimited : 0) + mapped.unseen + onlyMapped),
  };
}

interface Deleted {
  readonly device: number;
  readonly inode: string;
  readonly bytes: number;
}

interface Found {
  readonly files: readonly Deleted[];
  readonly unseen: number;
}

/** Where layers of file systems lie over each other a file may have the device of its layer; of disks only the home can be written inside. */
const isBlockDevice = (device: number): boolean => ((device >> 8) & 0xfff) !== 0;

/** The tables themselves are listed too, which shows that they were there and that this `find` understands what it is asked. */
async function findDeleted(threads: readonly string[]): Promise<Found> {
  const tables = threads.map((thread) => `${thread}/fd`);
  const { out, err, isWhole } = await look('/usr/bin/find', ['-L', ...tables, '-maxdepth', '1', '(', '-name', 'fd', '-o', '-links', '0', ')', '-printf', '%D %i %b %n\n']);
  const lines = out.split('\n').filter(Boolean).map((line) => line.split(' '));
  const files = lines.filter(([, , , links]) => links === '0').map(([device, inode = '', blocks]): Deleted => ({ device: Number(device), inode, bytes: Number(blocks) * blockBytes }));
  // A descriptor that closes while it is looked at is no failure; a whole table that could not be read is.
  const areTablesRead = isWhole && lines.length - files.length === tables.length && !/\/fd'?: /.test(err);
  return { files, unseen: areTablesRead ? 0 : unlimited };
}

/** The program file and the working folder of each thread, which need no descriptor. */
async function statPlaces(threads: readonly string[]): Promise<Found> {
  const read = async (place: string): Promise<Deleted[]> => {
    const { nlink, dev, ino, blocks } = await stat(place);
    return nlink === 0 ? [{ device: dev, inode: String(ino), bytes: blocks * blockBytes }] : [];
  };
  const ends = await Promise.allSettled(threads.flatMap((thread) => [read(`${thread}/exe`), read(`${thread}/cwd`)]));
  const files = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
  const isDenied = ends.some((end) => end.status === 'rejected' && isDenial(end.reason));
  return { files, unseen: isDenied ? unlimited : 0 };
}

const isDenial = (error: unknown): boolean => ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Whether descriptors wait in sockets to be received; one of them may be a socket in which others wait, so their number says nothing. */
async function hasInFlight(threads: readonly string[], ownDescriptors: readonly number[]): Promise<boolean> {
  const tables = [...threads.map((thread) => `${thread}/fdinfo`), ...ownDescriptors.map((descriptor) => `/proc/${process.pid}/fdinfo/${descriptor}`)];
  const { out, isWhole } = await look('/bin/grep', ['-rhsm1', '-E', '^scm_fds:[[:space:]]*[1-9]', ...tables]);
  return out !== '' || !isWhole;
}

/** Inodes of deleted files of the workspace that are mapped. */
async function listMapped(pids: readonly number[]): Promise<{ readonly inodes: readonly string[]; readonly unseen: number }> {
  const { out, isWhole } = await look('/bin/grep', ['-hs', '-E', ` ${workspacePath}/.*\\(deleted\\)$`, ...pids.map((pid) => `${livingThread(pid)}/maps`)]);
  const inodes = out.split('\n').flatMap((line) => /^\S+ \S+ \S+ \S+ (\d+) /.exec(line)?.[1] ?? []);
  return { inodes: [...new Set(inodes)], unseen: isWhole ? 0 : unlimited };
}
