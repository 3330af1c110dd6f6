import os from 'node:os';
import type { ProcessExit } from './spawn.ts';

const signalNames = new Map(Object.entries(os.constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]));

/** The signal that ended a program: its own, or the one that a shell or sandbox reported as exit code 128 + n. */
export function signalOf(exit: ProcessExit): NodeJS.Signals | undefined {
  if (exit.signal !== null) return exit.signal;
  return exit.code !== null && exit.code > 128 ? signalNames.get(exit.code - 128) : undefined;
}

/** Says in a few words how a process ended: `exit 3`, `killed by SIGKILL`, `exit 137 (SIGKILL)`. */
export function exitReason(exit: ProcessExit): string {
  if (exit.signal !== null) return `killed by ${exit.signal}`;
  const signal = signalOf(exit);
  return signal === undefined ? `exit ${exit.code ?? 'unknown'}` : `exit ${exit.code} (${signal})`;
}
