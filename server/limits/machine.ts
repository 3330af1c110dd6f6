import fs from 'node:fs';
import os from 'node:os';

/** What of this machine decides a default, or the most that a limit can be. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
  /** What the system lets a process of this user have at most; undefined where it does not say, or has no bound. */
  readonly openFiles: number | undefined;
  readonly processes: number | undefined;
}

/** Looks at this machine. */
export function readMachine(): Machine {
  return {
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    openFiles: hardLimit('Max open files'),
    processes: hardLimit('Max processes'),
  };
}

/** The hard limit in the table of the kernel, whose second figure it is. */
function hardLimit(name: string): number | undefined {
  try {
    const line = fs.readFileSync('/proc/self/limits', 'latin1').split('\n').find((row) => row.startsWith(name));
    const hard = Number(line?.slice(name.length).trim().split(/\s+/)[1]);
    return Number.isSafeInteger(hard) && hard > 0 ? hard : undefined;
  } catch {
    return undefined;
  }
}
