import { constants, type BigIntStats } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { ToolFailure } from '../tools/tool.ts';
import { fileFailure } from '../tools/workspacePath.ts';
import { isSameState } from './seenFiles.ts';

/** A file as it was found before a change. */
export interface FoundFile {
  /** Where it lies, symbolic links followed. */
  readonly path: string;
  readonly stat: BigIntStats;
  /** Its content; undefined when it is larger than was asked for. */
  readonly bytes: Buffer | undefined;
}

/** A file's new content, and what stood there when it was made. */
export interface Replacement {
  /** Where it lies, symbolic links followed. */
  readonly path: string;
  /** As the agent named it. */
  readonly given: string;
  /** Undefined for a file that is to be made. */
  readonly before: FoundFile | undefined;
  readonly bytes: Buffer;
  readonly workspacePath: string;
  /** Until the new content takes the old one's place, nothing has happened. */
  readonly signal: AbortSignal;
}

/** Opens a regular file for reading; a pipe or a device, which could block for ever, is refused. */
export async function openRegular(file: string, given: string): Promise<{ handle: fs.FileHandle; stat: BigIntStats }> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat({ bigint: true });
    if (stat.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    if (!stat.isFile()) throw new ToolFailure(`${given} is not a regular file.`);
    return { handle, stat };
  } catch (error) {
    await handle?.close();
    throw error instanceof ToolFailure ? error : fileFailure(error, given);
  }
}

/** Reads a file, with its content when that has at most `maxBytes`. */
export async function findFile(file: string, given: string, maxBytes: number): Promise<FoundFile> {
  for (let tries = 1; ; tries += 1) {
    const { handle, stat } = await openRegular(file, given);
    try {
      if (stat.size > maxBytes) return { path: file, stat, bytes: undefined };
      const bytes = await handle.readFile();
      const after = await handle.stat({ bigint: true });
      // Somebody writes to it right now, and what was read may be of two states.
      if (isSameState(stat, after)) return { path: file, stat, bytes };
      if (tries === 5) throw new ToolFailure(`${given} is being written to all the time; wait until that has ended.`);
    } finally {
      await handle.close();
    }
  }
}

/** Where a path leads, symbolic links followed, also when the last one leads to a file that is not there yet. */
export async function followLinks(target: string, given: string): Promise<string> {
  let at = target;
  for (let depth = 0; depth < 40; depth += 1) {
    try {
      return await fs.realpath(at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileFailure(error, given);
    }
    const folder = await fs.realpath(path.dirname(at)).catch(() => path.dirname(at));
    const link = await fs.readlink(path.join(folder, path.basename(at))).catch(() => undefined);
    if (link === undefined) return path.join(folder, path.basename(at));
    at = path.resolve(folder, link);
  }
  throw new ToolFailure(`${given} is a loop of symbolic links.`);
}

/** Whether a file is what it was, to the last byte where that was read. */
export async function isStillThere({ path: file, stat, bytes }: FoundFile): Promise<boolean> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const present = await handle.stat({ bigint: true });
    if (present.ino !== stat.ino || present.size !== stat.size || present.nlink !== stat.nlink || present.mode !== stat.mode) return false;
    return bytes === undefined ? isSameState(present, stat) : bytes.equals(await handle.readFile());
  } finally {
    await handle.close();
  }
}
