import type { BigIntStats } from 'node:fs';

/** What a file was when the agent looked at it: which it was, and a hash of its content where that was read whole. */
export interface SeenFile {
  readonly stat: BigIntStats;
  readonly hash: string | undefined;
  /** The agent was shown it or wrote all of it; else it only replaced a text in it. */
  readonly isKnown: boolean;
  /** The agent was shown all of it, or wrote all of it. */
  readonly isWhole: boolean;
}

/** The files that a task has read or written, by their real paths. */
export class SeenFiles {
  readonly #seen = new Map<string, SeenFile>();

  /** A replaced text leaves what the agent knew of the rest as it was. */
  remember(file: string, { stat, hash, isKnown, isWhole }: SeenFile): void {
    this.#seen.set(file, { stat, hash, isWhole, isKnown: isKnown || this.#seen.get(file)?.isKnown === true });
  }

  recall(file: string): SeenFile | undefined {
    return this.#seen.get(file);
  }
}

/** Whether a file is another than the one that was seen. */
export function hasChanged(seen: SeenFile, stat: BigIntStats, hash: string | undefined): boolean {
  return seen.hash === undefined || hash === undefined ? !isSameState(seen.stat, stat) : seen.hash !== hash;
}

/** Whether nothing was written to a file between two looks, as far as its entry in the folder tells. */
export function isSameState(a: BigIntStats, b: BigIntStats): boolean {
  return a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** A short stand-in for a content. */
export async function hashOf(bytes: Buffer): Promise<string> {
  // Loaded here, because a worker that touches no file need not wait for it.
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(bytes).digest('base64');
}
