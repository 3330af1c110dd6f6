import type { Logger } from '../../log/logger.ts';
import type { SandboxLimits } from '../limits.ts';
import { readHeldFiles, type HeldFiles } from './heldFiles.ts';
import { whileStill } from './holdStill.ts';
import type { HostIds } from './places.ts';
import { roomToLeave } from './roomToLeave.ts';
import { SpaceTaken, type SeenSpace } from './spaceTaken.ts';
import { readDiskUse, readFolderBytes, type DiskUse } from './usage.ts';

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
  /** Our ends of their pipes, in which they may leave descriptors for nobody. */
  listOwnDescriptors(): number[];
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
/** How often one after another a home must look as if it hid something, because a descriptor is now and then rightly in flight. */
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
  readonly #taken: SpaceTaken;
  #atStart: DiskUse | undefined;
  #counted: Counted | undefined;
  #isCounting = false;
  #doubts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(watched: DiskWatched, stopped: AbortSignal) {
    this.#watched = watched;
    this.#stopped = stopped;
    this.#taken = new SpaceTaken(watched.limits.workspaceBytes);
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
    this.#taken.follow(diskUse);
    const room = diskUse.freeBytes - roomToLeave(this.#atStart);
    if (room < 0) this.#end();
    // The first look says only how the disk was before the task.
    if (isFirst) return fastMs;
    // The room on the disk is looked at also while a count takes its time.
    if (!this.#isCounting && this.#mayBeOver()) void this.#countOnce();
    const left = this.#counted === undefined ? 0 : this.#taken.allowed - this.#counted.bytes - this.#taken.sinceCount;
    return Math.min(left, room) > nearBytes ? slowMs : fastMs;
  }

  async #countOnce(): Promise<void> {
    this.#isCounting = true;
    this.#taken.beginCount();
    await this.#count().catch((error: unknown) => this.#warn(error));
    this.#isCounting = false;
  }

  #mayBeOver(): boolean {
    const counted = this.#counted;
    if (counted === undefined) return true;
    const ageMs = Date.now() - counted.endedAt;
    if (this.#taken.sinceCount < urgentBytes && ageMs < Math.min(counted.tookMs * restPerCount, longestRestMs)) return false;
    return this.#doubts > 0 || ageMs >= countAgainMs || counted.bytes + this.#taken.sinceCount > this.#taken.allowed;
  }

  async #count(): Promise<void> {
    const startedAt = Date.now();
    const [inFolders, held] = await Promise.all([
      this.#readFolders().catch((error: unknown) => this.#warn(error)),
      this.#readHeldFiles(),
    ]);
    this.#taken.follow(await readDiskUse(this.#watched.homePath));
    if (inFolders !== undefined) this.#taken.endCount(inFolders);
    const seen = { inFolders: inFolders ?? this.#taken.firstInFolders, held: held.bytes };
    if (this.#isOver(seen, 0)) this.#end();
    else this.#doubts = (await this.#mayHide(seen, inFolders !== undefined)) ? this.#doubts + 1 : 0;
    if (this.#doubts >= doubtsToEnd) this.#end();
    this.#counted = { bytes: seen.inFolders + seen.held, endedAt: Date.now(), tookMs: Date.now() - startedAt };
  }

  #isOver(seen: SeenSpace, unseen: number): boolean {
    return seen.inFolders + seen.held + unseen > this.#taken.allowed;
  }

  /**
   * Whether the home can be over its limit with what nobody could see. Asked only of processes that stand still: of those that
   * run, one that hands on what it holds may be missed, and the short-lived ones of every build look like a hiding place.
   */
  async #mayHide(running: SeenSpace, areFoldersRead: boolean): Promise<boolean> {
    if (!this.#isOver(running, this.#taken.unexplained(running))) return false;
    if (!areFoldersRead) return true;
    const { homePath, limits } = this.#watched;
    const { found, wereStill } = await whileStill(() => this.#watched.listProcesses(), () => this.#readHeldFiles());
    this.#taken.follow(await readDiskUse(homePath));
    const seen = { ...running, held: found.bytes };
    return !wereStill || this.#isOver(seen, Math.min(found.unseen * limits.fileBytes, this.#taken.unexplained(seen)));
  }

  #readHeldFiles(): Promise<HeldFiles> {
    return readHeldFiles(this.#watched.listProcesses(), this.#watched.listOwnDescriptors(), this.#watched.homePath);
  }

  #readFolders(): Promise<number> {
    const { homePath, ids, bwrapPath, countLimitMs: limitMs = countLimitMs } = this.#watched;
    return readFolderBytes(homePath, ids, bwrapPath, limitMs);
  }

  #end(): void {
    if (!this.#stopped.aborted) this.#watched.onExcess();
  }
}
