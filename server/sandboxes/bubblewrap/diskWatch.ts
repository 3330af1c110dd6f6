import type { Logger } from '../../log/logger.ts';
import type { SandboxLimits } from '../limits.ts';
import type { DiskWall } from './diskWall.ts';
import { growthBetween, readDiskUse, readFolderBytes, type CountedFolder, type DiskUse } from './usage.ts';

/** What is watched of the home of a task. */
export interface DiskWatched extends CountedFolder {
  readonly limits: SandboxLimits;
  readonly log: Logger;
  /** Chooses whom to end when the disk has no more room. */
  readonly diskWall: DiskWall;
  /** Called when the home takes more than its limit. */
  onExcess(): void;
}

const mebibyte = 1_048_576;
/** Far from every limit the disk is looked at slowly, near one fast: a second is enough to write two gigabytes. */
const slowMs = 1000;
const fastMs = 200;
const nearBytes = 2048 * mebibyte;
/** The home is counted again after this even when the disk as a whole did not fill: something else may have shrunk. */
const countAgainMs = 60_000;
/** Counting takes no more than a fifth of the time. */
const restPerCount = 4;
const countLimitMs = 20_000;
/** Other programs write on the same disk, and nothing tells whose it is: so much before the first count is not held against a task. */
const othersBytes = 256 * mebibyte;

interface Counted {
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
  /** Known once the home was counted. */
  #allowed: number | undefined;
  #atStart: DiskUse | undefined;
  #before: DiskUse | undefined;
  /** What the disk has taken, whatever it has also given back: that may have been somebody else. */
  #grownSinceStart = 0;
  #grownSinceCount = 0;
  #counted: Counted | undefined;
  #isCounting = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: DiskWatched, stopped: AbortSignal) {
    this.#watched = watched;
    this.#stopped = stopped;
    stopped.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  /** What the home may take: a task that found it over its limit may still work there and make room, but take no more. */
  get #allowedBytes(): number {
    return this.#allowed ?? this.#watched.limits.workspaceBytes;
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
    const use = await readDiskUse(this.#watched.homePath);
    const isFirst = this.#atStart === undefined;
    this.#atStart ??= use;
    this.#follow(use);
    const { diskWall } = this.#watched;
    const room = use.freeBytes - diskWall.roomToLeave(this.#atStart, use);
    if (room < 0 && !this.#stopped.aborted) diskWall.makeRoom(use);
    // The first look says only how the disk was before the task.
    if (isFirst) return fastMs;
    // The room on the disk is looked at also while a count takes its time.
    if (!this.#isCounting && this.#mayBeOver()) void this.#countOnce();
    const left = this.#counted === undefined ? 0 : this.#allowedBytes - this.#counted.bytes - this.#grownSinceCount;
    return Math.min(left, room) > nearBytes ? slowMs : fastMs;
  }

  #follow(use: DiskUse): void {
    const grown = this.#before === undefined ? 0 : growthBetween(this.#before, use);
    this.#grownSinceStart += grown;
    this.#grownSinceCount += grown;
    this.#before = use;
  }

  #mayBeOver(): boolean {
    const counted = this.#counted;
    if (counted === undefined) return true;
    const ageMs = performance.now() - counted.endedAt;
    if (ageMs < counted.tookMs * restPerCount) return false;
    return ageMs >= countAgainMs || counted.bytes + this.#grownSinceCount > this.#allowedBytes;
  }

  async #countOnce(): Promise<void> {
    this.#isCounting = true;
    this.#grownSinceCount = 0;
    const startedAt = performance.now();
    const bytes = await this.#count();
    this.#isCounting = false;
    this.#counted = { bytes, endedAt: performance.now(), tookMs: performance.now() - startedAt };
    if (bytes > this.#allowedBytes) this.#end();
  }

  /** A home that cannot be counted, or not in time, passes for what it was: the room on the disk still holds. */
  async #count(): Promise<number> {
    const { limits, homePath } = this.#watched;
    try {
      const bytes = await readFolderBytes(this.#watched, countLimitMs);
      this.#follow(await readDiskUse(homePath));
      this.#allowed ??= Math.max(limits.workspaceBytes, bytes - Math.max(0, this.#grownSinceStart - othersBytes));
      return bytes;
    } catch (error) {
      this.#warn(error);
      return this.#counted?.bytes ?? 0;
    }
  }

  #end(): void {
    if (!this.#stopped.aborted) this.#watched.onExcess();
  }
}
