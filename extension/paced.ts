import type { Disposable } from './disposableStore.ts';

/** Runs a task after news, at most once in `pauseMs`: at once after a quiet time, else at the end of the pause, once for all that came meanwhile. */
export class Paced implements Disposable {
  readonly #task: () => void;
  readonly #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;

  constructor(task: () => void, pauseMs: number) {
    this.#task = task;
    this.#pauseMs = pauseMs;
  }

  /** Says that there is news. */
  tell(): void {
    if (this.#timer === undefined) return this.#run();
    this.#isWanted = true;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): void {
    this.#isWanted = false;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isWanted) this.#run();
    }, this.#pauseMs);
    this.#task();
  }
}
