import { readWrittenBytes, type DiskUse } from './usage.ts';
import { mostRoom, roomToLeave } from './roomToLeave.ts';

/** A task that may write to the disk that all of them share. */
export interface WalledTask {
  /** The first of its processes. */
  readonly pid: number;
  /** The task is to be killed. */
  onExcess(): void;
}

const mebibyte = 1_048_576;
/** What a task may have written, to pipes too, and still pass for one that did not fill the disk. */
const harmlessBytes = 4 * mebibyte;
/** Below this, what a person sends is at risk, and every task that wrote is ended, one after another. */
const lowBytes = 16 * mebibyte;
/** How long an end may take before another task is ended for the same want, and between two looks at who has written. */
const patienceMs = 2_000;

/**
 * What happens when the disk has no more room for its tasks: the one that wrote most is ended, alone. What it wrote stays, so the others
 * are left to work in half of what is then free, and so on; a task that wrote next to nothing is not ended for what others took.
 * Written is what the kernel counted of write calls and of changed pages: a file without a name counts too, and pipes, wrongly.
 */
export class DiskWall {
  readonly #readWritten: (pid: number) => number | undefined;
  readonly #tasks = new Set<WalledTask>();
  #ending: WalledTask | undefined;
  #restUntil = -Infinity;
  /** What must stay free since a task was ended; undefined when there is room again. */
  #lowered: number | undefined;

  constructor(readWritten: (pid: number) => number | undefined = readWrittenBytes) {
    this.#readWritten = readWritten;
  }

  /** Takes a task in until the answer is called, which says that it has ended. */
  add(task: WalledTask): () => void {
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
      if (this.#ending !== task) return;
      this.#ending = undefined;
      this.#restUntil = -Infinity;
    };
  }

  /** How much must stay free for a task that found the disk as it was `atStart`, in bytes. */
  roomToLeave(atStart: DiskUse, now: DiskUse): number {
    if (now.freeBytes >= mostRoom(now)) this.#lowered = undefined;
    return Math.min(roomToLeave(atStart), this.#lowered ?? Infinity);
  }

  /** There is less free than must stay so: ends the task that wrote most, unless the last end is still under way or none has written. */
  makeRoom(now: DiskUse): void {
    if (performance.now() < this.#restUntil) return;
    this.#restUntil = performance.now() + patienceMs;
    const living = [...this.#tasks].filter((task) => task !== this.#ending);
    // Where the kernel tells nothing of a task, it may have written anything.
    const written = living.map((task) => ({ task, bytes: this.#readWritten(task.pid) ?? Infinity }));
    const most = written.toSorted((a, b) => b.bytes - a.bytes)[0];
    if (most === undefined || most.bytes < harmlessBytes) return;
    this.#lowered = Math.min(mostRoom(now), Math.max(lowBytes, now.freeBytes / 2));
    this.#ending = most.task;
    most.task.onExcess();
  }
}
