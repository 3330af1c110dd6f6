import type { Disposable } from './disposables.ts';

/** What decides whether there is rest. */
export interface RestFacts {
  /** How long nothing may have happened, ms. */
  readonly quietMs: number;
  /** Whether something is under way that does not touch the watch; nothing is unless given. */
  readonly hasWork?: () => boolean;
}

/** Rest is what comes between two tasks, not between two steps of one. */
export const defaultQuietMs = 5_000;

/** Says once that nothing has happened for a while, and again after the next thing that happens. Keeps no process alive. */
export class RestWatch implements Disposable {
  readonly #hasWork: () => boolean;
  readonly #onRest: () => void;
  readonly #timer: NodeJS.Timeout;
  #hasSeenWork = false;
  #isDisposed = false;

  constructor({ quietMs, hasWork = () => false }: RestFacts, onRest: () => void) {
    this.#hasWork = hasWork;
    this.#onRest = onRest;
    this.#timer = setTimeout(() => this.#look(), quietMs);
    this.#timer.unref();
  }

  /** Something happened. */
  touch(): void {
    if (!this.#isDisposed) this.#timer.refresh();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  /** Nobody says when work ends, so the time after it counts from the look that finds it ended. */
  #look(): void {
    const hasWork = this.#hasWork();
    if (!hasWork && !this.#hasSeenWork) return this.#onRest();
    this.#hasSeenWork = hasWork;
    this.touch();
  }
}
