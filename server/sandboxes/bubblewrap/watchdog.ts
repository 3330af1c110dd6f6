import { watchDisk, type DiskWatched } from './diskWatch.ts';
import type { MemoryWatch } from './memoryWatch.ts';

/** What a task used too much of. */
export type Excess = 'memory' | 'disk';

/** What is watched of one task. */
export interface Watched extends Omit<DiskWatched, 'onExcess'> {
  readonly pid: number;
  /** Undefined where a control group holds memory. */
  readonly memoryWatch: MemoryWatch | undefined;
  /** Called once; the task is to be killed. */
  onExcess(excess: Excess): void;
}

/** Watches the limits of a running task that nothing in the kernel holds. Returns what ends the watching. */
export function watchLimits(watched: Watched): () => void {
  const stop = new AbortController();
  let isOver = false;
  const excess = (what: Excess): void => {
    if (isOver) return;
    isOver = true;
    watched.onExcess(what);
  };
  const { pid, limits, memoryWatch, diskWall } = watched;
  watchDisk({ ...watched, onExcess: () => excess('disk') }, stop.signal);
  const leaveWall = diskWall.add({ pid, onExcess: () => excess('disk') });
  const forget = memoryWatch?.add({ pid, memoryBytes: limits.memoryBytes, onExcess: () => excess('memory') });
  return () => {
    stop.abort();
    leaveWall();
    forget?.();
  };
}
