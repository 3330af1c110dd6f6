import { monotonicMs } from './monotonic.ts';

/** Over this many ms a difference is no delay on the way: somebody set the gateway's clock. */
const clockWasSetMs = 60_000;

/**
 * The gateway's time, as the page can know it: what the gateway last said, and what has gone by since on a clock that nobody sets.
 * What the gateway timed is counted by this alone, because the clock of the view may be another machine's, and wrong.
 */
export class GatewayClock {
  /** Gateway time less the page's own, in ms; undefined until the gateway has told any. */
  #ahead: number | undefined;

  /** Takes the gateway's present time. */
  set(at: number): void {
    this.#ahead = at - monotonicMs();
  }

  /** Takes the time of an event. It may have been long on its way, so an earlier one says nothing, unless `isFresh` and it is far from what was known. */
  hear(at: number, isFresh: boolean): void {
    const ahead = at - monotonicMs();
    if (this.#ahead === undefined || ahead > this.#ahead || (isFresh && this.#ahead - ahead > clockWasSetMs)) this.#ahead = ahead;
  }

  /** In ms since 1970. */
  now(): number {
    return this.#ahead === undefined ? Date.now() : this.#ahead + monotonicMs();
  }
}

/** The clock of the one gateway that a page talks to. */
export const gatewayClock = new GatewayClock();
