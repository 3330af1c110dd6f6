import { DiskWatch, type DiskWatched } from './diskWatch.ts';
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
  void new DiskWatch({ ...watched, onExcess: () => excess('disk') }, stop.signal);
  if (watched.watchesMemory) {
    const timer = setInterval(memoryCheck(watched, () => excess('memory')), memoryIntervalMs);
    timer.unref();
    stop.signal.addEventListener('abort', () => clearInterval(timer));
  }
  return () => stop.abort();
}

/** The second wall holds what no count sees: memory that the kernel itself keeps for the task. */
function memoryCheck({ pid, limits, log }: Watched, onExcess: () => void): () => void {
  const atStart = readAvailableMemory();
  const room = atStart === undefined ? 0 : roomToLeave(atStart);
  let isBusy = false;
  const check = async (): Promise<void> => {
    if ((readAvailableMemory()?.freeBytes ?? Infinity) < room || (await readTreeMemory(pid, limits.memoryBytes)) > limits.memoryBytes) onExcess();
  };
  return () => {
    if (isBusy) return;
    isBusy = true;
    check()
      .catch((error: unknown) => log.warn(`The memory of a task could not be read: ${String(error)}`))
      .finally(() => { isBusy = false; })
      .catch(() => undefined);
  };
}
