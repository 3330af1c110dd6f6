import type { Logger } from '../../log/logger.ts';
import type { SandboxLimits } from '../limits.ts';
import type { HostIds } from './places.ts';
import { growthBetween, readDiskUse, readFolderBytes, readTreeMemory, type DiskUse } from './usage.ts';

/** What a task used too much of. */
export type Excess = 'memory' | 'disk';

/** What is watched of one task. */
export interface Watched {
  readonly pid: number;
  readonly homePath: string;
  readonly ids: HostIds | undefined;
  readonly bwrapPath: string;
  readonly limits: SandboxLimits;
  /** False where a control group holds memory. */
  readonly watchesMemory: boolean;
  readonly log: Logger;
  /** Called once; the task is to be killed. */
  onExcess(excess: Excess): void;
}

const memoryIntervalMs = 500;
const diskIntervalMs = 1000;
/** The home is counted again after this even when the disk as a whole did not fill: something else may have shrunk. */
const countAgainMs = 60_000;

/** Watches the limits of a running task that nothing in the kernel holds. Returns what ends the watching. */
export function watchLimits(watched: Watched): () => void {
  const stop = new AbortController();
  const excess = (what: Excess): void => {
    if (stop.signal.aborted) return;
    stop.abort();
    watched.onExcess(what);
  };
  const timers = [setInterval(diskCheck(watched, () => excess('disk'), stop.signal), diskIntervalMs)];
  if (watched.watchesMemory) {
    timers.push(setInterval(() => {
      if (readTreeMemory(watched.pid) > watched.limits.memoryBytes) excess('memory');
    }, memoryIntervalMs));
  }
  for (const timer of timers) timer.unref();
  stop.signal.addEventListener('abort', () => {
    for (const timer of timers) clearInterval(timer);
  });
  return () => stop.abort();
}

/**
 * Counting a large home is dear, asking how full the disk is is not: the home is counted only when what the disk has taken
 * since the last count could have brought it over its limit.
 */
function diskCheck(watched: Watched, onExcess: () => void, stopped: AbortSignal): () => void {
  let counted: { readonly bytes: number; readonly diskUse: DiskUse; readonly at: number } | undefined;
  let isBusy = false;
  const check = async (): Promise<void> => {
    const diskUse = await readDiskUse(watched.homePath);
    const isFresh = counted !== undefined && Date.now() - counted.at < countAgainMs;
    if (counted !== undefined && isFresh && counted.bytes + growthBetween(counted.diskUse, diskUse) <= watched.limits.workspaceBytes) return;
    counted = { bytes: await readFolderBytes(watched.homePath, watched.ids, watched.bwrapPath), diskUse, at: Date.now() };
    if (!stopped.aborted && counted.bytes > watched.limits.workspaceBytes) onExcess();
  };
  return () => {
    if (isBusy) return;
    isBusy = true;
    check()
      .catch((error: unknown) => watched.log.warn(`The size of a workspace could not be read: ${String(error)}`))
      .finally(() => { isBusy = false; })
      .catch(() => undefined);
  };
}
