import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';

/** Folders that hold what tools made, not what people wrote. */
const skippedFolders = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv']);

/** Gives the regular files below a folder, in the order of their names, as paths relative to it; symbolic links are not followed. */
export async function* walkFiles(root: string, signal: AbortSignal): AsyncGenerator<string> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (signal.aborted) return;
    const entries = await listFolder(path.join(root, folder));
    const below: string[] = [];
    for (const entry of entries) {
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) yield relative;
      else if (entry.isDirectory() && !skippedFolders.has(entry.name)) below.push(relative);
    }
    folders.push(...below.toReversed());
  }
}

/** A folder that cannot be read holds nothing for us. */
async function listFolder(folder: string): Promise<Dirent[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
