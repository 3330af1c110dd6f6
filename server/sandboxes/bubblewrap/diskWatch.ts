import type { Logger } from '../../log/logger.ts';
import type { SandboxLimits } from '../limits.ts';
import { readHeldFiles } from './heldFiles.ts';
import type { HostIds } from './places.ts';
import { growthBetween, readDiskUse, readFolderBytes, type DiskUse } from './usage.ts';

/** What is watched of the home of a task. */
export interface DiskWatched {
  readonly homePath: string;
  readonly ids: HostIds | undefined;
  readonly bwrapPath: string;
  readonly limits: SandboxLimits;
  readonly log: Logger;
  /** Pids of all processes of all tasks of this home: what one holds open counts for each. */
  listProcesses(): number[];
  /** Called when the home takes more than its limit, or the disk has no more room for it. */
  onExcess(): void;
}

const mebibyte = 1_048_576;
/** Far from every limit the disk is looked at slowly, near one fast: a second is enough to write two gigabytes. */
const slowMs = 1000;
const fastMs = 200;
const nearBytes = 2048 * mebibyte;
/** The home is counted again after this even when the disk as a whole did not fill: something else may have shrunk. */
const countAgainMs = 60_000;
/** Counting takes no more than a fifth of the time, unless this much was written since. */
const restPerCount = 4;
const longestRestMs = 5000;
const urgentBytes = 64 * mebibyte;
/** How many looks one after another must have the same doubt, because a descriptor is now and then rightly in flight. */
const doubtsToEnd = 3;
/** Room that a task must leave on the disk: this, or two in a hundred of a small one, or half of what it found. */
const roomBytes = 256 * mebibyte;
const roomShare = 0.02;

interface Counted {
  /** In folders and held open together. */
  readonly bytes: number;
  readonly diskUse: DiskUse;
  readonly endedAt: number;
  readonly tookMs: number;
}

/** Watches what a home takes of its disk, until `stopped`. */
export class DiskWatch {
  readonly #watched: DiskWatched;
  readonly #stopped: AbortSignal;
  #atStart: DiskUse | undefined;
  #firstBytes: number | undefined;
  #counted: Counted | undefined;
  #doubts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: DiskWatched, stopped: AbortSignal) {
    this.#watched = watched;
    this.#stopped = stopped;
    stopped.addEventListener('abort', () => clearTimeout(this.#timer));
    this.#lookAgain(0);
  }

  #lookAgain(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#look()
        .catch((error: unknown) => {
          this.#watched.log.warn(`The size of a workspace could not be read: ${String(error)}`);
          return slowMs;
        })
        .then((nextMs) => {
          if (!this.#stopped.aborted) this.#lookAgain(nextMs);
        })
        .catch(() => undefined);
    }, afterMs);
    this.#timer.unref();
  }

  /**
   * Counting a large home is dear, asking how full the disk is is not: the home is counted only when what the disk has taken
   * since the last count could have brought it over its limit. Gives the time until the next look.
   */
  async #look(): Promise<number> {
    const { homePath, limits } = this.#watched;
    const diskUse = await readDiskUse(homePath);
    const isFirst = this.#atStart === undefined;
    this.#atStart ??= diskUse;
    const room = diskUse.freeBytes - Math.min(roomBytes, diskUse.totalBytes * roomShare, this.#atStart.freeBytes / 2);
    if (room < 0) this.#end();
    // The first look says only how the disk was before the task.
    if (isFirst) return fastMs;
    if (this.#mayBeOver(diskUse)) await this.#count(diskUse);
    const left = this.#counted === undefined ? 0 : limits.workspaceBytes - this.#counted.bytes - growthBetween(this.#counted.diskUse, diskUse);
    return Math.min(left, room) > nearBytes ? slowMs : fastMs;
  }

  #mayBeOver(diskUse: DiskUse): boolean {
    const counted = this.#counted;
    if (counted === undefined) return true;
    const growth = growthBetween(counted.diskUse, diskUse);
    const ageMs = Date.now() - counted.endedAt;
    if (growth < urgentBytes && ageMs < Math.min(counted.tookMs * restPerCount, longestRestMs)) return false;
    return this.#doubts > 0 || ageMs >= countAgainMs || counted.bytes + growth > this.#watched.limits.workspaceBytes;
  }

  async #count(diskUse: DiskUse): Promise<void> {
    const { homePath, ids, bwrapPath, limits } = this.#watched;
    const startedAt = Date.now();
    const [inFolders, held] = await Promise.all([readFolderBytes(homePath, ids, bwrapPath), readHeldFiles(this.#watched.listProcesses(), homePath)]);
    this.#firstBytes ??= inFolders;
    const bytes = inFolders + held.bytes;
    this.#counted = { bytes, diskUse, endedAt: Date.now(), tookMs: Date.now() - startedAt };
    // What nobody could look at takes at most what the disk has lost since the start and nothing that was seen explains.
    const unexplained = Math.max(0, growthBetween(this.#atStart ?? diskUse, diskUse) - Math.max(0, inFolders - this.#firstBytes) - held.bytes);
    const doubtful = bytes + Math.min(held.unseen * limits.fileBytes, unexplained);
    this.#doubts = doubtful > limits.workspaceBytes ? this.#doubts + 1 : 0;
    if (bytes > limits.workspaceBytes || this.#doubts >= doubtsToEnd) this.#end();
  }

  #end(): void {
    if (!this.#stopped.aborted) this.#watched.onExcess();
  }
}
