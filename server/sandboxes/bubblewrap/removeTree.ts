import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Removes a folder with all that a task put there, also folders that it made unreadable. Nothing of the sandbox may run:
 * a living task could swap a folder for a link. Links are removed, never followed.
 */
export async function removeTree(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 2 } as const;
  try {
    await rm(folder, options);
  } catch {
    await makeWritable(folder);
    await rm(folder, options);
  }
}

async function makeWritable(folder: string): Promise<void> {
  const stat = await lstat(folder).catch(() => undefined);
  if (stat?.isDirectory() !== true) return;
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) await makeWritable(path.join(folder, name));
}
