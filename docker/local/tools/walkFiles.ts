import type { Dirent } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { isSpareName } from '../files/spareFiles.ts';

/** Folders that hold what tools made, not what people wrote. */
const skippedFolders = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv']);

/** Something that a walk came by and did not look into. */
export interface Skipped {
  readonly kind: 'folder' | 'unreadable' | 'link' | 'special';
  /** Relative to where the walk began. */
  readonly path: string;
}

/**
 * Gives the regular files below a folder, in the order of their names, as paths relative to it; symbolic links are not followed.
 * `onSkipped` is told all that is left out, but for what our own edits put beside files for a moment.
 */
export async function* walkFiles(root: string, signal: AbortSignal, onSkipped: (skipped: Skipped) => void): AsyncGenerator<string> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    if (signal.aborted) return;
    const entries = await listFolder(path.join(root, folder));
    if (entries === undefined) onSkipped({ kind: 'unreadable', path: folder === '' ? '.' : folder });
    const below: string[] = [];
    for (const entry of (entries ?? []).filter(({ name }) => !isSpareName(name))) {
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) yield relative;
      else if (entry.isSymbolicLink()) onSkipped({ kind: 'link', path: relative });
      else if (entry.isDirectory() && skippedFolders.has(entry.name)) onSkipped({ kind: 'folder', path: relative });
      else if (entry.isDirectory()) below.push(relative);
      else onSkipped({ kind: 'special', path: relative });
    }
    folders.push(...below.toReversed());
  }
}

async function listFolder(folder: string): Promise<Dirent[] | undefined> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => undefined);
  return entries?.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
