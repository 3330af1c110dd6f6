import fs from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { listMarked } from '../../../server/process/ownerMark.ts';
import { isAlive, listDescendants, readProcess, type ProcessRow } from '../../../server/process/processTable.ts';

/** Waits until the condition holds, looked at every `pollMs`; `what` begins the sentence of the error. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 10_000, pollMs = 20): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${deadlineMs} ms`);
    await sleep(pollMs);
  }
}

/** Ends one process at once, if it still runs. */
export function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function read(pid: number, file: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

function linkOf(pid: number, name: string): string {
  try {
    return fs.readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return '';
  }
}

/** The arguments of a process, joined by spaces. */
export const commandOf = (pid: number): string => read(pid, 'cmdline').replaceAll('\0', ' ').trim();

/** Whether anything that the kernel tells of a process names one of the paths: arguments, environment, folder, mounts. */
function mentions(pid: number, paths: readonly string[]): boolean {
  const told = [read(pid, 'cmdline'), read(pid, 'environ'), linkOf(pid, 'cwd'), read(pid, 'mountinfo')].join('\0');
  return paths.some((path) => told.includes(path));
}

/** Living processes that belong to one of the paths, or carry the mark of one as a state directory, and do not descend from `gatewayPid`. */
export function orphansOf(paths: readonly string[], gatewayPid: number | undefined): ProcessRow[] {
  const known = new Set([process.pid, ...(gatewayPid === undefined ? [] : [gatewayPid, ...listDescendants(gatewayPid).map((row) => row.pid)])]);
  const marked = new Set(paths.flatMap(listMarked).map((row) => row.pid));
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.flatMap((pid) => {
    if (known.has(pid) || !(marked.has(pid) || mentions(pid, paths))) return [];
    const row = readProcess(pid);
    return row === undefined ? [] : [row];
  });
}

/** Waits until none of these very processes runs, and says how long that took, ms. */
export async function untilGone(rows: readonly ProcessRow[], deadlineMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  const living = (): ProcessRow[] => rows.filter(isAlive);
  await until(() => living().length === 0, `the end of ${rows.map((row) => `${row.pid} (${commandOf(row.pid).slice(0, 60)})`).join(', ')}`, deadlineMs);
  return performance.now() - startedAt;
}

/** A process and all below it, as they are at present. */
export function treeOf(pid: number): ProcessRow[] {
  const top = readProcess(pid);
  return top === undefined ? [] : [top, ...listDescendants(pid)];
}

const guardName = 'logos-guard';

/** The process that ends what a gateway leaves when it dies. */
export function guardOf(gatewayPid: number): ProcessRow | undefined {
  return listDescendants(gatewayPid).find((row) => row.parentPid === gatewayPid && commandOf(row.pid).includes(guardName));
}

/** The trees of the workers of a gateway, one per sandbox, the longest running first. */
export function workerTrees(gatewayPid: number): ProcessRow[][] {
  const children = listDescendants(gatewayPid).filter((row) => row.parentPid === gatewayPid && /bwrap|prlimit/.test(commandOf(row.pid)) && !commandOf(row.pid).includes(guardName));
  return children.sort((a, b) => Number(a.startTicks) - Number(b.startTicks) || a.pid - b.pid).map((row) => treeOf(row.pid));
}

/** The tree of the worker in which a program with this text in its arguments runs. */
export function workerTreeWith(gatewayPid: number, text: string): ProcessRow[] {
  return workerTrees(gatewayPid).find((tree) => tree.some((row) => commandOf(row.pid).includes(text))) ?? [];
}
