/** How long a window lasts and how much fits in it before it is sent early. */
export interface ThrottleLimits {
  readonly windowMs: number;
  readonly maxCharacters: number;
}

/** 16 ms, one frame of a screen, or 1 KiB. */
export const defaultThrottle: ThrottleLimits = { windowMs: 16, maxCharacters: 1024 };

/** Time as the throttle needs it. */
export interface ThrottleClock {
  now(): number;
  setTimer(callback: () => void, delayMs: number): () => void;
}

const systemClock: ThrottleClock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Merges text of one stream on the leading edge: a text goes at once when the last one left more than a window ago,
 * else with what follows it at the window's end, or as soon as the characters are enough. Order and content are kept; `flush` sends what waits.
 */
export class DeltaThrottle<K> {
  readonly #send: (key: K, text: string) => void;
  readonly #isSameKey: (a: K, b: K) => boolean;
  readonly #limits: ThrottleLimits;
  readonly #clock: ThrottleClock;
  #waiting: { key: K; text: string } | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(send: (key: K, text: string) => void, isSameKey: (a: K, b: K) => boolean, limits = defaultThrottle, clock = systemClock) {
    this.#send = send;
    this.#isSameKey = isSameKey;
    this.#limits = limits;
    this.#clock = clock;
  }

  push(key: K, text: string): void {
    if (this.#waiting !== undefined && !this.#isSameKey(this.#waiting.key, key)) this.flush();
    this.#waiting = this.#waiting === undefined ? { key, text } : { key, text: this.#waiting.text + text };
    const sinceMs = this.#clock.now() - this.#sentAt;
    if (sinceMs >= this.#limits.windowMs || this.#waiting.text.length >= this.#limits.maxCharacters) this.flush();
    else this.#cancelTimer ??= this.#clock.setTimer(() => this.flush(), this.#limits.windowMs - sinceMs);
  }

  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#sentAt = this.#clock.now();
    this.#send(waiting.key, waiting.text);
  }
}
