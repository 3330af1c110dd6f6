import fs from 'node:fs';

/**
 * The names in a folder, by name; none when there is no such folder. Throws what the system says when something stands in its place that
 * cannot be read, such as a link to nothing, a file, or a folder of somebody else: what is there and unreadable is not the same as nothing.
 */
export function folderEntries(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !isThere(folder)) return [];
    throw error;
  }
}

/** A name as people mean it, whatever its letter case, white space at its ends and form of Unicode. */
export function foldName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

/** Whether anything has this name, a link to nothing included; what cannot be looked at counts as there. */
function isThere(path: string): boolean {
  try {
    return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
