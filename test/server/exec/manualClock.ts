import type { Clock } from '../../../server/exec/clock.ts';

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #now = 0;
  #due: { at: number; call: () => void }[] = [];

  nowMs(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): { cancel(): void } {
    const entry = { at: this.#now + ms, call };
    this.#due.push(entry);
    return { cancel: () => void (this.#due = this.#due.filter((other) => other !== entry)) };
  }

  /** How many calls are due some time. */
  get pending(): number {
    return this.#due.length;
  }

  /** Moves on, and makes the calls that are due on the way, one after another, with time for what follows from each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#due.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.#now = next.at;
      next.call();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets streams and promises do what they have to do. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
