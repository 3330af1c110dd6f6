import { watchDisk, type DiskWatched } from './diskWatch.ts';
import { readAvailableMemory, readTreeMemory } from './memoryUse.ts';
import { roomToLeave } from './roomToLeave.ts';

/** What a task used too much of. */
export type Excess = 'memory' | 'disk';

/** What is watched of one task. */
export interface Watched extends Omit<DiskWatched, 'onExcess'> {
  readonly pid: number;
  /** False where a control group holds memory. */
  readonly watchesMemory: boolean;
  /** Called once; the task is to be killed. */
  onExcess(excess: Excess): void;
}

const memoryIntervalMs = 500;

/** Watches the limits of a running task that nothing in the kernel holds. Returns what ends the watching. */
export function watchLimits(watched: Watched): () => void {
  const stop = new AbortController();
  const excess = (what: Excess): void => {
    if (stop.signal.aborted) return;
    stop.abort();
    watched.onExcess(what);
  };
  watchDisk({ ...watched, onExcess: () => excess('disk') }, stop.signal);
  if (watched.watchesMemory) {
    const check = memoryCheck(watched, () => excess('memory'));
    const timer = setInterval(() => void check(), memoryIntervalMs).unref();
    stop.signal.addEventListener('abort', () => clearInterval(timer));
  }
  return () => stop.abort();
}

/** What the machine has left is the second wall: it holds what no count sees, memory that the kernel itself keeps for the task. */
function memoryCheck({ pid, limits, log }: Watched, onExcess: () => void): () => Promise<void> {
  const atStart = readAvailableMemory();
  const room = atStart === undefined ? 0 : roomToLeave(atStart);
  let isBusy = false;
  return async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      if ((readAvailableMemory()?.freeBytes ?? Infinity) < room || (await readTreeMemory(pid, limits.memoryBytes)) > limits.memoryBytes) onExcess();
    } catch (error) {
      log.warn(`The memory of a task could not be read: ${String(error)}`);
    } finally {
      isBusy = false;
    }
  };
}
