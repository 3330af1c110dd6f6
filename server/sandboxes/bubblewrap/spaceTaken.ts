import { growthBetween, type DiskUse } from './usage.ts';

/** What was counted of a home, in bytes. */
export interface SeenSpace {
  readonly inFolders: number;
  /** Of files that no folder names any more. */
  readonly held: number;
}

/**
 * What a disk has lost since a task began, followed from look to look, and what the home of that task may have of it. Others
 * write on the same disk, so what is seen of the home explains only a part. All figures are bytes.
 */
export class SpaceTaken {
  readonly #limitBytes: number;
  #before: DiskUse | undefined;
  /** The least that was in use since the start. */
  #least: DiskUse | undefined;
  #sinceCount = 0;
  #sinceStart = 0;
  #firstInFolders: number | undefined;
  #allowed: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#allowed = limitBytes;
  }

  /** What the disk has taken since the last count began, whatever it has also given back: that may have been somebody else. */
  get sinceCount(): number {
    return this.#sinceCount;
  }

  /** What the home may take: a task that found it over its limit may still work there and make room, but take no more. */
  get allowed(): number {
    return this.#allowed;
  }

  /** What the folders held at the first count, which stands for them where a later count fails. */
  get firstInFolders(): number {
    return this.#firstInFolders ?? 0;
  }

  follow(use: DiskUse): void {
    const grown = this.#before === undefined ? 0 : growthBetween(this.#before, use);
    this.#sinceCount += grown;
    this.#sinceStart += grown;
    this.#before = use;
    if (this.#least === undefined || use.bytes < this.#least.bytes) this.#least = use;
  }

  beginCount(): void {
    this.#sinceCount = 0;
  }

  endCount(inFolders: number): void {
    if (this.#firstInFolders !== undefined) return;
    this.#firstInFolders = inFolders;
    this.#allowed = Math.max(this.#limitBytes, inFolders - this.#sinceStart);
  }

  /** The most that the home can have where nobody saw it: what the disk has lost since it was emptiest and nothing seen explains. */
  unexplained({ inFolders, held }: SeenSpace): number {
    if (this.#before === undefined || this.#least === undefined) return 0;
    const explained = Math.max(0, inFolders - this.firstInFolders) + held;
    return Math.max(0, growthBetween(this.#least, this.#before) - explained);
  }
}
