import type { Disposable } from '../base/disposables.ts';

const lookEveryMs = 10_000;
/** A jump between the clocks that is no mere correction. */
const jumpMs = 30_000;

/** The two clocks, ms: the wall's goes on while the machine sleeps. */
export interface Clocks {
  wall(): number;
  monotonic(): number;
}

const systemClocks: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/** Whether the machine slept between two looks. Some systems stop the monotonic clock, on others the look itself comes late. Pure. */
export function hasSlept(before: { wall: number; monotonic: number }, after: { wall: number; monotonic: number }): boolean {
  const wall = after.wall - before.wall;
  const monotonic = after.monotonic - before.monotonic;
  return wall - monotonic > jumpMs || monotonic - lookEveryMs > jumpMs;
}

/** Calls `onWoke` after the machine has slept. */
export function watchSleep(onWoke: () => void, clocks: Clocks = systemClocks): Disposable {
  const look = (): { wall: number; monotonic: number } => ({ wall: clocks.wall(), monotonic: clocks.monotonic() });
  let last = look();
  const timer = setInterval(() => {
    const now = look();
    const slept = hasSlept(last, now);
    last = now;
    if (slept) onWoke();
  }, lookEveryMs);
  timer.unref();
  return { dispose: () => clearInterval(timer) };
}
