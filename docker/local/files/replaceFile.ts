import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { ToolFailure } from '../tools/tool.ts';
import { fileFailure } from '../tools/workspacePath.ts';
import { isStillThere, type FoundFile, type Replacement } from './foundFile.ts';
import { lockPath, outwait, sparePath } from './spareFiles.ts';
import { writeInPlace } from './writeInPlace.ts';

/** How often others may be faster before a writer gives up. */
const maxLockTries = 100;

/**
 * Puts a new content in the place of a file's old one, so that whoever looks, whenever this process is killed and however full the disk is,
 * finds either all of the one or all of the other. Owner, group, mode and links stay. Answers `changed`, with the file untouched, when it is
 * no longer what it was. Throws a ToolFailure.
 */
export async function replaceFile(change: Replacement): Promise<'replaced' | 'changed'> {
  try {
    return await replace(change);
  } catch (error) {
    throw error instanceof ToolFailure || change.signal.aborted ? error : describeFailure(error, change);
  }
}

async function replace(change: Replacement): Promise<'replaced' | 'changed'> {
  const { before } = change;
  if (before !== undefined) await refuseProtected(change);
  if (before !== undefined && before.stat.nlink > 1n) return await writeInPlace(change, before);
  const spare = await writeSpare(change);
  if (spare === undefined) return before === undefined ? 'changed' : await writeInPlace(change, before);
  try {
    change.signal.throwIfAborted();
    const outcome = before === undefined ? await publishNew(spare.path, change.path) : await publishOver(spare, before);
    if (outcome === 'replaced') await syncFolder(change.path);
    return outcome === 'immovable' && before !== undefined ? await writeInPlace(change, before) : outcome === 'replaced' ? 'replaced' : 'changed';
  } finally {
    await fs.rm(spare.path, { force: true }).catch(() => undefined);
  }
}

/** Taking a file's place asks for no right to write to it, but somebody took that right away. */
async function refuseProtected({ path: file, given }: Replacement): Promise<void> {
  await fs.access(file, constants.W_OK).catch((error: unknown) => {
    if (codeOf(error) !== 'EACCES') throw error;
    throw new ToolFailure(`${given} is write-protected, or the policy does not let it be written; nothing was changed. If it is yours and the change is meant, make it writable with chmod first.`);
  });
}

interface Spare {
  readonly path: string;
  readonly ino: bigint;
}

/** Writes the new content beside the file, down to the disk; undefined where that cannot stand in for it. */
async function writeSpare({ path: file, before, bytes }: Replacement): Promise<Spare | undefined> {
  const spare = sparePath(file);
  const handle = await fs.open(spare, 'wx', before === undefined ? 0o666 : 0o600).catch((error: unknown) => {
    if (before !== undefined && isRefusal(error)) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  let isComplete = false;
  try {
    await handle.writeFile(bytes);
    isComplete = before === undefined || (await takeOver(handle, spare, before));
    if (isComplete) await handle.sync();
    return isComplete ? { path: spare, ino: (await handle.stat({ bigint: true })).ino } : undefined;
  } catch (error) {
    isComplete = false;
    throw error;
  } finally {
    await handle.close();
    if (!isComplete) await fs.rm(spare, { force: true });
  }
}

/** Gives the new file owner, group, access list, attributes and mode of the old one; false where that is not allowed. */
async function takeOver(handle: fs.FileHandle, spare: string, { path: file, stat }: FoundFile): Promise<boolean> {
  const own = await handle.stat({ bigint: true });
  try {
    if (own.uid !== stat.uid || own.gid !== stat.gid) await handle.chown(own.uid === stat.uid ? -1 : Number(stat.uid), Number(stat.gid));
    await copyAttributes(file, spare);
    await handle.chmod(Number(stat.mode) & 0o7777);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

/** Without its access list a file may be open to more people than before. Where there is no such `cp`, or no such attributes, they stay behind. */
function copyAttributes(from: string, to: string): Promise<void> {
  return new Promise((resolve) => execFile('cp', ['--attributes-only', '--preserve=mode,ownership,xattr', '--', from, to], () => resolve()));
}

/** A second name can be given only where there is none, whoever comes between. */
async function publishNew(spare: string, file: string): Promise<'replaced' | 'changed'> {
  try {
    await fs.link(spare, file);
    return 'replaced';
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'changed';
    if (!isWithoutLinks(error)) throw error;
  }
  if ((await fs.lstat(file).catch(() => undefined)) !== undefined) return 'changed';
  await fs.rename(spare, file);
  return 'replaced';
}

/**
 * Looks a last time at the file and replaces it, one writer of ours after another: each holds the same path beside the file, and what takes
 * the file's place is what lies there. A writer that stood still for so long that another took the path from it finds nothing to rename.
 */
async function publishOver(spare: Spare, before: FoundFile): Promise<'replaced' | 'changed' | 'immovable'> {
  const held = await takeLock(spare.path, before.path);
  try {
    if (!(await isStillThere(before))) return 'changed';
    await fs.rename(held, before.path);
    return (await fs.stat(before.path, { bigint: true })).ino === spare.ino ? 'replaced' : 'changed';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'changed';
    if (codeOf(error) === 'EBUSY' || codeOf(error) === 'EXDEV' || isRefusal(error)) return 'immovable';
    throw error;
  } finally {
    if (held !== spare.path) await releaseLock(held, spare.ino);
  }
}

/** Moves the new content to the path that one writer at a time can hold, and gives the path where it lies. */
async function takeLock(spare: string, file: string): Promise<string> {
  const lock = lockPath(file);
  for (let tries = 0; ; tries += 1) {
    try {
      await fs.link(spare, lock);
      await fs.rm(spare, { force: true });
      return lock;
    } catch (error) {
      // Where a file has one name only, there is no such path; looking a last time is all that can be done.
      if (isWithoutLinks(error)) return spare;
      if (codeOf(error) !== 'EEXIST') throw error;
      if (tries === maxLockTries) throw new ToolFailure('The file is being written to by somebody else all the time; nothing was changed. Try again.');
    }
    if ((await outwait(lock)) === 'old') {
      await fs.rm(lock, { force: true }).catch((error: unknown) => {
        throw codeOf(error) === 'ERR_FS_EISDIR' ? new ToolFailure(`A folder is named ${path.basename(lock)}, which is needed for a moment; nothing was changed. Rename or delete that folder first.`) : error;
      });
    }
  }
}

async function releaseLock(lock: string, ino: bigint): Promise<void> {
  const stat = await fs.lstat(lock, { bigint: true }).catch(() => undefined);
  if (stat?.ino === ino) await fs.rm(lock, { force: true });
}

/** A name is on the disk when its folder is. Not every file system can do that, and the content is there already. */
async function syncFolder(file: string): Promise<void> {
  const handle = await fs.open(path.dirname(file), constants.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';
const isRefusal = (error: unknown): boolean => ['EACCES', 'EPERM', 'EROFS', 'EINVAL'].includes(codeOf(error));
const isWithoutLinks = (error: unknown): boolean => ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error));

function describeFailure(error: unknown, { given, before }: Replacement): ToolFailure {
  const stands = before === undefined ? `${given} was not written` : `${given} is as it was`;
  if (['ENOSPC', 'EDQUOT'].includes(codeOf(error))) return new ToolFailure(`The disk is full; ${stands}. Delete what is not needed, and make the call again.`);
  if (codeOf(error) === 'EFBIG') return new ToolFailure(`The file would be larger than this sandbox allows; ${stands}. Write it in several files.`);
  return fileFailure(error, given);
}
