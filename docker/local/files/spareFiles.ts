import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Name of the folder of the workspace that holds what a write in place needs to be taken back. */
export const undoFolder = '.logos-undo';

/** A spare file of an edit that is going on is younger, and one that is older is of an edit that was killed. */
const ownAgeMs = 3_000;
/** Those of other files are left alone for longer: nobody waits for them. */
const othersAgeMs = 60_000;
const spareName = /^\..+\.logos-(?:[a-z0-9]{8}|lock)$/;

/** Whether a name is of what edits put beside their files for a moment, which nobody wants to see. */
export function isSpareName(name: string): boolean {
  return spareName.test(name) || name === undoFolder;
}

/** A path beside a file for its new content. */
export function sparePath(file: string): string {
  const id = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
  return `${spareStart(file)}${id}`;
}

/** The one path beside a file that a writer holds while it looks at the file a last time and replaces it. */
export function lockPath(file: string): string {
  return `${spareStart(file)}lock`;
}

/** Names have at most 255 bytes, a character at most three a unit. */
function spareStart(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file).slice(0, 70).toWellFormed()}.logos-`);
}

/** Removes what killed edits left in a file's folder; waits for an edit of this very file that is going on. */
export async function clearSpares(file: string): Promise<void> {
  const folder = path.dirname(file);
  const own = path.basename(spareStart(file));
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter((each) => spareName.test(each))) {
    const spare = path.join(folder, name);
    const isLeft = name.startsWith(own) ? (await outwait(spare)) === 'old' : (await ageOf(spare)) > othersAgeMs;
    // A folder of such a name is not ours.
    if (isLeft) await fs.rm(spare, { force: true }).catch(() => undefined);
  }
}

/** Resolves when a spare file is gone, or too old to be of a living edit. */
export async function outwait(spare: string): Promise<'gone' | 'old'> {
  for (let age = await ageOf(spare); age !== -1; age = await ageOf(spare)) {
    if (age > ownAgeMs) return 'old';
    await setTimeout(10);
  }
  return 'gone';
}

/** Since a file was last touched, ms; -1 when there is none. Clocks may be set back, so that one from the future is as old. */
async function ageOf(file: string): Promise<number> {
  const stat = await fs.lstat(file).catch(() => undefined);
  return stat === undefined ? -1 : Math.abs(Date.now() - stat.ctimeMs);
}
