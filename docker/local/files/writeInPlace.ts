import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { ToolFailure } from '../tools/tool.ts';
import { isStillThere, type FoundFile, type Replacement } from './foundFile.ts';
import { outwait, undoFolder } from './spareFiles.ts';

/** Most blocks are of one content alone. */
const blockBytes = 4_096;
const beatMs = 500;
/** Old and new content of a file, and their head; an undo file that is longer is not ours. */
const maxUndoBytes = 256 * 1_048_576;

/**
 * Writes over a file that nothing can take the place of: one with several names, mounted by itself, or in a folder that is not ours. Old and
 * new content are kept in the workspace meanwhile, so that a write that was cut is taken back by the next task.
 */
export async function writeInPlace({ path: file, given, bytes: fresh, workspacePath, signal }: Replacement, before: FoundFile): Promise<'replaced' | 'changed'> {
  const old = before.bytes;
  if (old === undefined) throw new ToolFailure(`${given} has several names or cannot be replaced where it lies, and it is too large to be written over safely; use run_command.`);
  const handle = await fs.open(file, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const undo = await keepForUndo(workspacePath, { path: file, ino: String(before.stat.ino), old, fresh }, `${before.stat.dev}-${before.stat.ino}`);
    let isWhole = true;
    // A slow disk must not make it look like that of a write that was cut.
    const beat = setInterval(() => void fs.utimes(undo, new Date(), new Date()).catch(() => undefined), beatMs);
    try {
      if (!(await isStillThere(before))) return 'changed';
      signal.throwIfAborted();
      isWhole = false;
      await overwrite(handle, old, fresh);
      isWhole = true;
    } catch (error) {
      if (!isWhole) await putBack(handle, old);
      isWhole = true;
      throw error;
    } finally {
      clearInterval(beat);
      if (isWhole) await forget(undo);
    }
    return 'replaced';
  } finally {
    await handle.close();
  }
}

/** What is added at the end comes first: where the disk has no room for it, nothing else was touched. */
async function overwrite(handle: fs.FileHandle, old: Buffer, fresh: Buffer): Promise<void> {
  await writeAll(handle, fresh.subarray(old.length), old.length);
  await handle.sync();
  await writeAll(handle, fresh.subarray(0, old.length), 0);
  await handle.truncate(fresh.length);
  await handle.sync();
}

async function putBack(handle: fs.FileHandle, old: Buffer): Promise<void> {
  await writeAll(handle, old, 0);
  await handle.truncate(old.length);
  await handle.sync();
}

async function writeAll(handle: fs.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

interface Undo {
  readonly path: string;
  /** Decimal. */
  readonly ino: string;
  readonly old: Buffer;
  readonly fresh: Buffer;
}

/** One write at a time has the undo file of a file. A half one is of a write that had not begun. */
async function keepForUndo(workspacePath: string, { path: file, ino, old, fresh }: Undo, id: string): Promise<string> {
  const folder = path.join(workspacePath, undoFolder);
  const undo = path.join(folder, id);
  const head = Buffer.from(`${JSON.stringify({ path: file, ino, old: old.length, fresh: fresh.length })}\n`);
  for (let tries = 0; ; tries += 1) {
    await fs.mkdir(folder, { recursive: true });
    const handle = await fs.open(undo, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      if ((error.code === 'EEXIST' || error.code === 'ENOENT') && tries < 100) return undefined;
      throw error;
    });
    if (handle === undefined) {
      await takeBack(undo);
      continue;
    }
    try {
      await handle.writeFile(Buffer.concat([head, old, fresh]));
      await handle.sync();
      return undo;
    } catch (error) {
      await forget(undo);
      throw error;
    } finally {
      await handle.close();
    }
  }
}

async function forget(undo: string): Promise<void> {
  await fs.rm(undo, { force: true });
  await fs.rmdir(path.dirname(undo)).catch(() => undefined);
}

/** Takes back every write in place that was cut when its task was killed. Never throws. */
export async function takeBackCutWrites(workspacePath: string): Promise<void> {
  const folder = path.join(workspacePath, undoFolder);
  for (const name of await fs.readdir(folder).catch(() => [])) await takeBack(path.join(folder, name)).catch(() => undefined);
}

/** Waits for a write that is going on; of one that was cut it puts the old content back, unless the file has become another since. */
async function takeBack(undo: string): Promise<void> {
  if ((await outwait(undo)) === 'gone') return;
  const kept = await readUndo(undo);
  const handle = kept === undefined ? undefined : await fs.open(kept.path, constants.O_RDWR | constants.O_NONBLOCK).catch(() => undefined);
  try {
    const stat = await handle?.stat({ bigint: true });
    if (kept !== undefined && handle !== undefined && stat?.isFile() === true && String(stat.ino) === kept.ino && stat.size <= maxUndoBytes) {
      const present = await handle.readFile();
      if (!present.equals(kept.fresh) && isMixture(present, kept)) await putBack(handle, kept.old);
    }
  } finally {
    await handle?.close();
  }
  await forget(undo);
}

/** Undefined for what is none of ours: a command, or a repository that was fetched, may have put a pipe there, or a link to a device. */
async function readUndo(undo: string): Promise<Undo | undefined> {
  const handle = await fs.open(undo, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(() => undefined);
  try {
    const stat = await handle?.stat();
    return handle !== undefined && stat?.isFile() === true && stat.size <= maxUndoBytes ? parse(await handle.readFile()) : undefined;
  } finally {
    await handle?.close();
  }
}

function parse(bytes: Buffer): Undo | undefined {
  try {
    const end = bytes.indexOf('\n');
    const head = JSON.parse(bytes.toString('utf8', 0, end)) as { path: string; ino: string; old: number; fresh: number };
    const old = bytes.subarray(end + 1, end + 1 + head.old);
    const fresh = bytes.subarray(end + 1 + head.old);
    return fresh.length === head.fresh ? { path: head.path, ino: head.ino, old, fresh } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether each byte is of the old or of the new content at its place, as while the one is written over the other. */
function isMixture(present: Buffer, { old, fresh }: Undo): boolean {
  if (present.length < Math.min(old.length, fresh.length) || present.length > Math.max(old.length, fresh.length)) return false;
  for (let start = 0; start < present.length; start += blockBytes) {
    const block = present.subarray(start, start + blockBytes);
    const [ofOld, ofFresh] = [old, fresh].map((content) => content.subarray(start, start + block.length));
    if (ofOld === undefined || ofFresh === undefined || block.equals(ofOld) || block.equals(ofFresh)) continue;
    if (!block.every((byte, index) => byte === ofOld[index] || byte === ofFresh[index])) return false;
  }
  return true;
}
