import fs from 'node:fs';
import { listTree } from './usage.ts';

const idleMs = 1000;
/** The kernel lets an ordinary user change one session in a tenth of a second. */
const busyMs = 100;
const nicest = 19;

/**
 * Linux may share the processors between sessions first (`sched_autogroup`): the niceness of a process then counts only in its own, and
 * a task that starts many sessions has the share of many users. This makes every session of a task as light as it can be.
 */
export class SessionShares {
  readonly #pids = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  /** Looks after the sessions of a process and all that descend from it until the answer is called. */
  add(pid: number): () => void {
    if (!isSharedBySession()) return () => undefined;
    this.#pids.add(pid);
    this.#timer ??= this.#lookAfter(busyMs);
    return () => {
      this.#pids.delete(pid);
      if (this.#pids.size > 0) return;
      clearTimeout(this.#timer);
      this.#timer = undefined;
    };
  }

  #lookAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      const areAllLight = [...this.#pids].flatMap(listTree).every(makeLight);
      this.#timer = this.#lookAfter(areAllLight ? idleMs : busyMs);
    }, ms).unref();
  }
}

/** False when it has to be tried again. */
function makeLight(pid: number): boolean {
  const file = `/proc/${pid}/autogroup`;
  try {
    const niceness = /nice (-?\d+)/.exec(fs.readFileSync(file, 'latin1'))?.[1];
    if (niceness !== undefined && Number(niceness) < nicest) fs.writeFileSync(file, String(nicest));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}

function isSharedBySession(): boolean {
  try {
    return fs.readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'latin1').trim() === '1';
  } catch {
    return false;
  }
}
