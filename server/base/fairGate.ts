import { createDeferred, type Deferred } from './deferred.ts';

/** A place that was got; to be left once, later calls do nothing. */
export interface Place {
  leave(): void;
}

interface Waiting {
  readonly got: Deferred<Place>;
}

/**
 * Lets so many in at once and the others wait. A place that becomes free goes round the keys that wait, whoever of a key waits longest
 * first: a key with a hundred waiting does not keep another one behind all of them.
 */
export class FairGate {
  readonly #most: () => number;
  /** By key, the key whose turn it is first. */
  readonly #waiting = new Map<string, Waiting[]>();
  #taken = 0;

  /** `most` is asked whenever a place may be given; after it grew, call `refill`. */
  constructor(most: () => number) {
    this.#most = most;
  }

  get most(): number {
    return this.#most();
  }

  get taken(): number {
    return this.#taken;
  }

  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** A place, when one is free and nobody waits for it. */
  tryEnter(): Place | undefined {
    return this.#waiting.size === 0 && this.#taken < this.#most() ? this.#take() : undefined;
  }

  /** A place, when it is this key's turn; rejects with the reason of the signal. */
  enter(key: string, signal: AbortSignal): Promise<Place> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const place = this.tryEnter();
    if (place !== undefined) return Promise.resolve(place);
    const waiting: Waiting = { got: createDeferred() };
    const giveUp = (): void => {
      this.#forget(key, waiting);
      waiting.got.reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), waiting]);
    return waiting.got.promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  /** Gives the places that are free to those who wait. */
  refill(): void {
    while (this.#taken < this.#most()) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const [key, [first, ...rest]] = next;
      this.#waiting.delete(key);
      if (rest.length > 0) this.#waiting.set(key, rest);
      first?.got.resolve(this.#take());
    }
  }

  #take(): Place {
    this.#taken += 1;
    let isLeft = false;
    return {
      leave: () => {
        if (isLeft) return;
        isLeft = true;
        this.#taken -= 1;
        this.refill();
      },
    };
  }

  #forget(key: string, waiting: Waiting): void {
    const rest = (this.#waiting.get(key) ?? []).filter((other) => other !== waiting);
    if (rest.length > 0) this.#waiting.set(key, rest);
    else this.#waiting.delete(key);
  }
}
