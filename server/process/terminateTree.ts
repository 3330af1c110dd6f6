import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, listDescendants, type ProcessRow } from './processTable.ts';
import type { SpawnedProcess } from './spawn.ts';

/**
 * Ends a process and all that it started: SIGTERM, `graceMs` to leave, then SIGKILL to it, its process group (when it
 * has one of its own) and every descendant seen at either moment. Resolves when none of them runs.
 * What has left the tree by a double fork before the first look is found only by its group: put hostile programs in a sandbox.
 */
export async function terminateTree(target: SpawnedProcess, graceMs: number): Promise<void> {
  const seen = new Map<number, ProcessRow>();
  const look = (): void => {
    for (const row of listDescendants(target.pid)) seen.set(row.pid, row);
  };
  look();
  if (!target.hasExited()) target.kill('SIGTERM');
  await Promise.race([target.exited, delay(graceMs, undefined, { ref: false })]);
  if (!target.hasExited()) look();
  if (target.isDetached) signal(-target.pid, 'SIGKILL');
  if (!target.hasExited()) target.kill('SIGKILL');
  for (const row of seen.values()) if (isAlive(row)) signal(row.pid, 'SIGKILL');
  await target.exited;
  while ([...seen.values()].some(isAlive)) await delay(5);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
