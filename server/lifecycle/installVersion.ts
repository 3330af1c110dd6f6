import fs from 'node:fs';
import path from 'node:path';
import type { BuildInfo } from './buildInfo.ts';

/** What only the extension reads. */
const leftOut = new Set(['extension.js', 'webviews', 'chunks']);
const keptVersions = 2;
const unfinishedPrefix = 'new-';

/**
 * Copies a build into the state directory, because the folder it came from goes with the next update of the extension,
 * and answers the file to run. A folder that is there is whole. The caller holds the starting lock.
 */
export function installVersion(build: BuildInfo, versions: string): string {
  if (!build.isBundled) return build.entry;
  const target = path.join(versions, build.build);
  const entry = path.join(target, path.basename(build.entry));
  if (fs.existsSync(entry)) {
    touch(target);
    return entry;
  }
  const unfinished = fs.mkdtempSync(path.join(versions, unfinishedPrefix));
  for (const item of fs.readdirSync(build.distribution, { withFileTypes: true })) {
    if (leftOut.has(item.name) || item.name.endsWith('.map')) continue;
    fs.cpSync(path.join(build.distribution, item.name), path.join(unfinished, item.name), { recursive: true, dereference: true });
  }
  // A folder without its entry is none that this function made.
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(unfinished, target);
  return entry;
}

/** Removes copies that nobody runs from, the two newest and `inUse` excepted, and what an interrupted copy left. */
export function removeOldVersions(versions: string, inUse: ReadonlySet<string>): void {
  const all = fs.readdirSync(versions, { withFileTypes: true }).filter((item) => item.isDirectory());
  const unfinished = all.filter(({ name }) => name.startsWith(unfinishedPrefix));
  const finished = all
    .filter(({ name }) => !name.startsWith(unfinishedPrefix))
    .map(({ name }) => ({ name, usedAt: fs.statSync(path.join(versions, name)).mtimeMs }))
    .toSorted((a, b) => b.usedAt - a.usedAt);
  const old = finished.slice(keptVersions).filter(({ name }) => !inUse.has(name));
  for (const { name } of [...unfinished, ...old]) fs.rmSync(path.join(versions, name), { recursive: true, force: true });
}

function touch(folder: string): void {
  const now = new Date();
  fs.utimesSync(folder, now, now);
}
