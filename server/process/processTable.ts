import fs from 'node:fs';

/** A process as the kernel lists it; pid and start time together name it for ever, a pid alone is used again. */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Clock ticks since boot. */
  readonly startTicks: string;
}

/** Reads one process from /proc; undefined when it is gone, a zombie, or /proc is not there. */
export function readProcess(pid: number): ProcessRow | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name is in parentheses and may hold anything, so fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, parentPid: Number(fields[1]), groupId: Number(fields[2]), startTicks: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs. */
export function isAlive(row: ProcessRow): boolean {
  return readProcess(row.pid)?.startTicks === row.startTicks;
}

/** The name of a living process, `<pid>-<start>`, for a file that others read later; undefined when there is none. */
export function processName(pid: number): string | undefined {
  const row = readProcess(pid);
  return row === undefined ? undefined : `${pid}-${row.startTicks}`;
}

/** Whether the process of this name still runs; any other text names none. */
export function isProcessAlive(name: string): boolean {
  return processName(Number(name.split('-')[0])) === name;
}

/** Every living descendant of `pid`, parents before children, without `pid` itself; empty where there is no /proc. */
export function listDescendants(pid: number): ProcessRow[] {
  let pids: number[];
  try {
    pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
  const children = new Map<number, ProcessRow[]>();
  for (const row of pids.map(readProcess)) {
    if (row === undefined) continue;
    const siblings = children.get(row.parentPid);
    if (siblings === undefined) children.set(row.parentPid, [row]);
    else siblings.push(row);
  }
  const found: ProcessRow[] = [];
  const queue = [...(children.get(pid) ?? [])];
  for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
    found.push(row);
    queue.push(...(children.get(row.pid) ?? []));
  }
  return found;
}
