/** Asks for the next frame; a page gives `requestAnimationFrame`, a test its own. */
export type NextFrame = (callback: () => void) => void;

/**
 * Lets a job run at most once a frame, on the leading edge: the first wish of a frame is granted at once, so that a lone change waits for
 * nothing; what comes after it in the same frame is merged into one run at the next.
 */
export class FrameGate {
  readonly #job: () => void;
  readonly #nextFrame: NextFrame;
  #isShut = false;
  #isWanted = false;

  constructor(job: () => void, nextFrame: NextFrame) {
    this.#job = job;
    this.#nextFrame = nextFrame;
  }

  /** Wishes for a run: now, or at the next frame when one was granted in this. */
  want(): void {
    if (this.#isShut) {
      this.#isWanted = true;
      return;
    }
    this.#run();
  }

  #run(): void {
    this.#isShut = true;
    this.#isWanted = false;
    this.#nextFrame(() => {
      this.#isShut = false;
      if (this.#isWanted) this.#run();
    });
    this.#job();
  }
}
