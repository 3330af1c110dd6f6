import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import { ToolFailure } from './tool.ts';
import { fileFailure } from './workspacePath.ts';

/** Opens a regular file for reading; a pipe or a device, which could block for ever, is refused. */
export async function openRegular(path: string, given: string): Promise<{ handle: fs.FileHandle; size: number }> {
  let handle: fs.FileHandle | undefined;
  try {
    handle = await fs.open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    if (!stat.isFile()) throw new ToolFailure(`${given} is not a regular file.`);
    return { handle, size: stat.size };
  } catch (error) {
    await handle?.close();
    throw error instanceof ToolFailure ? error : fileFailure(error, given);
  }
}

/** Reads a whole text file of at most `maxBytes`. */
export async function readWhole(path: string, given: string, maxBytes: number): Promise<string> {
  const { handle, size } = await openRegular(path, given);
  try {
    if (size > maxBytes) throw new ToolFailure(`${given} has ${size} bytes, more than the ${maxBytes} that can be edited; use run_command.`);
    const bytes = await handle.readFile();
    if (isBinary(bytes)) throw new ToolFailure(`${given} is a binary file of ${size} bytes.`);
    return bytes.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** Whether bytes are of a file that is not text: a zero byte among the first 8,000. */
export function isBinary(bytes: Buffer): boolean {
  return bytes.subarray(0, 8_000).includes(0);
}
