import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from '../../log/logger.ts';
import { isProcessAlive, processName } from '../../process/processTable.ts';
import { shortHash, type SystemPlaces } from './places.ts';
import { removeTree } from './removeTree.ts';

/** Who keeps sandboxes in a folder: written there by its gateway, and read by others when they look whether it still exists. */
interface Owner {
  readonly stateDir: string;
  /** Device and inode of the folder in which the state directory lies: another disk may be mounted there by now, or none. */
  readonly parent: string;
  /** Name of the gateway's process. */
  readonly process: string;
}

const ownerName = 'owner.json';
const goneName = 'gone';
const maxOwnerBytes = 16_384;
/** A state directory must be found gone twice, at least this far apart. */
const graceMs = 24 * 3_600_000;

/** Writes whose sandboxes are in our own folder; it says again that they are there. */
export function writeOwner({ own, stateDir }: SystemPlaces): void {
  const owner: Owner = { stateDir, parent: identityOf(path.dirname(stateDir)) ?? '', process: processName(process.pid) ?? '' };
  fs.writeFileSync(path.join(own, `${ownerName}.new`), JSON.stringify(owner), { mode: 0o600 });
  fs.renameSync(path.join(own, `${ownerName}.new`), path.join(own, ownerName));
  fs.rmSync(path.join(own, goneName), { force: true });
}

/**
 * Removes the sandboxes of state directories that were deleted, a day after they were first found gone. Whatever is not certain
 * keeps them: no owner in writing, an owner that lives, a disk that is not mounted, anything but "no such file". No link is
 * followed. Every removal is logged.
 */
export async function sweepAbandonedStates({ systemRoot, own }: SystemPlaces, log: Logger, now: number): Promise<void> {
  for (const name of fs.readdirSync(systemRoot)) {
    const folder = path.join(systemRoot, name);
    if (/^\.removed-[0-9a-f-]{36}$/.test(name)) await removeTree(folder);
    if (!/^[0-9a-f]{8}$/.test(name) || folder === own || !isOwnFolder(folder)) continue;
    const owner = readOwner(folder);
    if (owner === undefined || shortHash(owner.stateDir) !== name || !isGone(owner)) {
      if (owner !== undefined) fs.rmSync(path.join(folder, goneName), { force: true });
      continue;
    }
    const goneSince = markGone(path.join(folder, goneName), now);
    if (now - goneSince < graceMs) continue;
    log.warn(`Removing ${folder}, the sandboxes of ${owner.stateDir}: that state directory was deleted, and was found gone first at ${new Date(goneSince).toISOString()}.`);
    const removed = path.join(systemRoot, `.removed-${crypto.randomUUID()}`);
    fs.renameSync(folder, removed);
    await removeTree(removed);
  }
}

/** The time at which it was first found gone, in milliseconds. */
function markGone(mark: string, now: number): number {
  try {
    fs.writeFileSync(mark, String(now), { mode: 0o600, flag: 'wx' });
    return now;
  } catch {
    const said = Number(fs.readFileSync(mark, 'utf8'));
    return Number.isSafeInteger(said) && said > 0 ? said : now;
  }
}

function isOwnFolder(folder: string): boolean {
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.geteuid?.();
}

function readOwner(folder: string): Owner | undefined {
  const file = path.join(folder, ownerName);
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.uid !== process.geteuid?.() || stat.size > maxOwnerBytes) return undefined;
  try {
    const { stateDir, parent, process: writer } = (JSON.parse(fs.readFileSync(file, 'utf8')) ?? {}) as Partial<Owner>;
    if (typeof stateDir !== 'string' || !path.isAbsolute(stateDir) || typeof parent !== 'string' || typeof writer !== 'string') return undefined;
    return { stateDir, parent, process: writer };
  } catch {
    return undefined;
  }
}

/** Certain only where the folder around it is the same as ever, and says that there is no such file. */
function isGone({ stateDir, parent, process: writer }: Owner): boolean {
  if (isProcessAlive(writer)) return false;
  if (parent === '' || identityOf(path.dirname(stateDir)) !== parent) return false;
  try {
    fs.lstatSync(stateDir);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = fs.lstatSync(folder, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
