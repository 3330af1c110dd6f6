import type { Logger } from '../../log/logger.ts';
import type { SandboxLimits } from '../limits.ts';
import { readHeldFiles } from './heldFiles.ts';
import { whileStill } from './holdStill.ts';
import type { HostIds } from './places.ts';
import { roomToLeave } from './roomToLeave.ts';
import { growthBetween, readDiskUse, readFolderBytes, type DiskUse } from './usage.ts';

/** What is watched of the home of a task. */
export interface DiskWatched {
  readonly homePath: string;
  readonly ids: HostIds | undefined;
  readonly bwrapPath: string;
  readonly limits: SandboxLimits;
  readonly log: Logger;
  /** How long a count may take; a task that changes its folders all the time could keep one busy for ever. */
  readonly countLimitMs?: number;
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
const countLimitMs = 20_000;
/** How many counts one after another must have the same doubt, because a descriptor is now and then rightly in flight. */
const doubtsToEnd = 3;

interface Counted {
  /** In folders and held open together. */
  readonly bytes: number;
  readonly endedAt: number;
  readonly tookMs: number;
}

/** Watches what a home takes of its disk, until `stopped`. Never throws; what cannot be read is logged. */
export function watchDisk(watched: DiskWatched, stopped: AbortSignal): void {
  new DiskWatch(watched, stopped).lookAgain(0);
}

class DiskWatch {
  readonly #watched: DiskWatched;
  readonly #stopped: AbortSignal;
  #atStart: DiskUse | undefined;
  #before: DiskUse | undefined;
  /** The least that was in use since the start. */
  #least: DiskUse | undefined;
  /** What the disk has taken since the last count began, whatever it has also given back: that may have been somebody else. */
  #grown = 0;
  /** The same since the task began. */
  #grownInAll = 0;
  /** What the home may take: a task that found it over its limit may still work there and make room, but take no more. */
  #allowedBytes: number;
  #firstBytes: number | undefined;
  #counted: Counted | undefined;
  #isCounting = false;
  #doubts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: DiskWatched, stopped: AbortSignal) {
    this.#watched = watched;
    this.#stopped = stopped;
    this.#allowedBytes = watched.limits.workspaceBytes;
    stopped.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  lookAgain(afterMs: number): void {
    this.#timer = setTimeout(() => void this.#lookOnce(), afterMs).unref();
  }

  async #lookOnce(): Promise<void> {
    const nextMs = await this.#look().catch((error: unknown) => {
      this.#warn(error);
      return slowMs;
    });
    if (!this.#stopped.aborted) this.lookAgain(nextMs);
  }

  #warn(error: unknown): void {
    this.#watched.log.warn(`The size of a workspace could not be read: ${String(error)}`);
  }

  /**
   * Counting a large home is dear, asking how full the disk is is not: the home is counted only when what the disk has taken
   * since the last count could have brought it over its limit. Gives the time until the next look.
   */
  async #look(): Promise<number> {
    const diskUse = await readDiskUse(this.#watched.homePath);
    const isFirst = this.#atStart === undefined;
    this.#atStart ??= diskUse;
    this.#follow(diskUse);
    const room = diskUse.freeBytes - roomToLeave(this.#atStart);
    if (room < 0) this.#end();
    // The first look says only how the disk was before the task.
    if (isFirst) return fastMs;
    // The room on the disk is looked at also while a count takes its time.
    if (!this.#isCounting && this.#mayBeOver()) void this.#countOnce();
    const left = this.#counted === undefined ? 0 : this.#allowedBytes - this.#counted.bytes - this.#grown;
    return Math.min(left, room) > nearBytes ? slowMs : fastMs;
  }

  #follow(diskUse: DiskUse): void {
    const grown = this.#before === undefined ? 0 : growthBetween(this.#before, diskUse);
    this.#grown += grown;
    this.#grownInAll += grown;
    this.#before = diskUse;
    if (this.#least === undefined || diskUse.bytes < this.#least.bytes) this.#least = diskUse;
  }

  async #countOnce(): Promise<void> {
    this.#isCounting = true;
    this.#grown = 0;
    await this.#count().catch((error: unknown) => this.#warn(error));
    this.#isCounting = false;
  }

  #mayBeOver(): boolean {
    const counted = this.#counted;
    if (counted === undefined) return true;
    const ageMs = Date.now() - counted.endedAt;
    if (this.#grown < urgentBytes && ageMs < Math.min(counted.tookMs * restPerCount, longestRestMs)) return false;
    return this.#doubts > 0 || ageMs >= countAgainMs || counted.bytes + this.#grown > this.#allowedBytes;
  }

  async #count(): Promise<void> {
    const { homePath, limits } = this.#watched;
    const startedAt = Date.now();
    const [read, held] = await Promise.all([
      this.#readFolders().catch((error: unknown) => this.#warn(error)),
      readHeldFiles(this.#watched.listProcesses(), homePath),
    ]);
    const inFolders = read ?? this.#firstBytes ?? 0;
    const diskUse = await readDiskUse(homePath);
    this.#follow(diskUse);
    if (read !== undefined && this.#firstBytes === undefined) {
      this.#firstBytes = read;
      this.#allowedBytes = Math.max(limits.workspaceBytes, read - this.#grownInAll);
    }
    const bytes = inFolders + held.bytes;
    this.#counted = { bytes, endedAt: Date.now(), tookMs: Date.now() - startedAt };
    const unexplained = this.#unexplained(diskUse, inFolders, held.bytes);
    const mostUnseen = read === undefined ? unexplained : Math.min(held.unseen * limits.fileBytes, unexplained);
    this.#doubts = bytes + mostUnseen > this.#allowedBytes ? this.#doubts + 1 : 0;
    if (bytes > this.#allowedBytes) return this.#end();
    if (this.#doubts < doubtsToEnd) return;
    if (read === undefined || (await this.#mayHide(inFolders))) return this.#end();
    this.#doubts = 0;
  }

  /** Short-lived processes, as those of every build, cannot be told from a hiding place unless they stand still. */
  async #mayHide(inFolders: number): Promise<boolean> {
    const { homePath, limits } = this.#watched;
    const listProcesses = (): number[] => this.#watched.listProcesses();
    const { found, wereStill } = await whileStill(listProcesses, () => readHeldFiles(listProcesses(), homePath));
    const bytes = inFolders + found.bytes;
    const unexplained = this.#unexplained(await readDiskUse(homePath), inFolders, found.bytes);
    return !wereStill || bytes + Math.min(found.unseen * limits.fileBytes, unexplained) > this.#allowedBytes;
  }

  /** What nobody could look at takes at most what the disk has lost since it was emptiest and nothing that was seen explains. */
  #unexplained(diskUse: DiskUse, inFolders: number, heldBytes: number): number {
    const grown = growthBetween(this.#least ?? diskUse, diskUse);
    return Math.max(0, grown - Math.max(0, inFolders - (this.#firstBytes ?? 0)) - heldBytes);
  }

  #readFolders(): Promise<number> {
    const { homePath, ids, bwrapPath, countLimitMs: limitMs = countLimitMs } = this.#watched;
    return readFolderBytes(homePath, ids, bwrapPath, limitMs);
  }

  #end(): void {
    if (!this.#stopped.aborted) this.#watched.onExcess();
  }
}
