import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Puts a text in a file's place, readable to its owner alone: whatever interrupts it leaves the old content or the new one, and the new one
 * stays when the machine stops afterwards. One writer of a file at a time: the spare beside it has one name, so that what a kill leaves of a
 * secret goes with the next write.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const spare = spareOf(file);
  await rm(spare, { force: true });
  try {
    const handle = await open(spare, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(spare, file);
  } catch (error) {
    await rm(spare, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Where the new content of a file lies until it takes the old one's place; what is there otherwise was left by a kill. */
export function spareOf(file: string): string {
  return `${file}.new`;
}

/** A new name is on the disk when its folder is. Not every file system can do that, and the content is there already. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
