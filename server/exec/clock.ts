/** A call that is due. */
export interface Timer {
  cancel(): void;
}

/** Time as exec sees it; tests bring their own. */
export interface Clock {
  /** Monotonic, ms. */
  nowMs(): number;
  /** Calls once after `ms`, unless cancelled before. */
  after(ms: number, call: () => void): Timer;
}

/** The time of this process. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};
