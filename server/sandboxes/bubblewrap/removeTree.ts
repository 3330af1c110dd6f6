import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { spawnProcess } from '../../process/spawn.ts';

/**
 * Removes a folder with all that a task put there: also folders that it made unreadable, names that are no text, and trees
 * deeper than a path can be long. Nothing of the sandbox may run: a living task could swap a folder for a link. Links are
 * removed, never followed.
 */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    // Both walk from folder to folder by descriptors, where Node builds whole paths as text.
    await runTool('/bin/chmod', ['-R', 'u+rwx', '--', folder]);
    const said = await runTool('/bin/rm', ['-rf', '--', folder]);
    if (fs.existsSync(folder)) throw new Error(`${folder} could not be removed: ${said.slice(0, 300)}`);
  }
}

async function runTool(file: string, args: readonly string[]): Promise<string> {
  const child = await spawnProcess(file, args, { env: { LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = await text(child.stderr);
  await child.closed;
  return said;
}
