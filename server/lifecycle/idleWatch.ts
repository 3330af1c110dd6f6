import type { Disposable } from '../base/disposables.ts';

/** What decides whether a gateway is idle. */
export interface IdleFacts {
  /** How long nothing may have happened, ms; 0 means for ever. */
  readonly idleMs: number;
  /** Whether something runs, waits for its turn or is scheduled. */
  readonly hasWork: () => boolean;
  /** Monotonic clock, ms: a sleeping machine does not make a gateway idle. */
  readonly now?: () => number;
}

/** Says when a gateway is not needed: connections do not count, because those of a dead tab stay for hours. */
export class IdleWatch implements Disposable {
  readonly #facts: IdleFacts;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout | undefined;
  #lastTouch: number;

  /** `onIdle` is called at most once per look, as long as the gateway stays idle. */
  constructor(facts: IdleFacts, onIdle: () => void) {
    this.#facts = facts;
    this.#now = facts.now ?? (() => performance.now());
    this.#lastTouch = this.#now();
    if (facts.idleMs <= 0) return;
    const everyMs = Math.min(30_000, Math.max(50, facts.idleMs / 4));
    this.#timer = setInterval(() => {
      if (this.isIdle()) onIdle();
    }, everyMs);
    this.#timer.unref();
  }

  /** Something was asked. */
  touch(): void {
    this.#lastTouch = this.#now();
  }

  /** Looks now; work counts as a request, so that idleness begins at its end. */
  isIdle(): boolean {
    if (this.#facts.hasWork()) this.touch();
    return this.#facts.idleMs > 0 && this.#now() - this.#lastTouch >= this.#facts.idleMs;
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}
