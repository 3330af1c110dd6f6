/** So long what several turns say is gathered, ms: half a frame of a screen, and time enough of fifty streams to be one commit. */
const gatherMs = 8;

/**
 * Brings together what turns that stream at the same time have to store, so that it is one commit and one write to each client instead of one
 * for every token. A turn that streams alone waits for nothing.
 */
export class OutputTicks {
  #latest: object | undefined;
  #latestAt = Number.NEGATIVE_INFINITY;
  #tick: Promise<void> | undefined;

  /** Resolves when `who` may store what it has: at once, or with the others. */
  next(who: object): Promise<void> {
    if (this.#tick !== undefined) return this.#tick;
    const sinceMs = performance.now() - this.#latestAt;
    if (sinceMs >= gatherMs || this.#latest === who) {
      this.#begin(who);
      return Promise.resolve();
    }
    this.#tick = new Promise<void>((resolve) => void setTimeout(resolve, gatherMs - sinceMs)).then(() => {
      this.#tick = undefined;
      this.#begin(undefined);
    });
    return this.#tick;
  }

  #begin(who: object | undefined): void {
    this.#latest = who;
    this.#latestAt = performance.now();
  }
}
