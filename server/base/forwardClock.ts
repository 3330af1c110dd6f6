/** Gives the time in ms since 1970 as the wall clock has it, but never an earlier one than before: where that is set back, the monotonic clock goes on. */
export function createForwardClock(wall: () => number = Date.now, monotonic: () => number = () => performance.now()): () => number {
  let last = wall();
  let lastTick = monotonic();
  return () => {
    const tick = monotonic();
    last = Math.max(wall(), last + tick - lastTick);
    lastTick = tick;
    return Math.round(last);
  };
}
