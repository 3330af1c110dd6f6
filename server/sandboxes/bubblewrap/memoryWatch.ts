import type { Logger } from '../../log/logger.ts';
import { countMemory, lookAtMemory, readMachineMemory, type MachineMemory, type MemoryLook } from './memoryUse.ts';
import { roomToLeave } from './roomToLeave.ts';

/** A task whose memory nothing in the kernel holds. */
export interface WatchedMemory {
  /** The first of its processes. */
  readonly pid: number;
  readonly memoryBytes: number;
  /** The task is to be killed. */
  onExcess(): void;
}

interface Entry extends WatchedMemory {
  readonly atStart: MachineMemory | undefined;
  /** Of the last look, in bytes. */
  used: number;
  isCounting: boolean;
  countAgainAt: number;
  hasEnded: boolean;
}

const intervalMs = 500;
/** Counting takes no more than a fifth of the time. */
const restPerCount = 4;
/** How long an end may take to give its memory back before another task is ended for the same want. */
const patienceMs = 2000;

/**
 * Looks at the memory of all tasks twice a second: each against its own limit, and all against what the machine has left. That second
 * wall holds what no count sees, memory that the kernel itself keeps for a task; there the largest goes first, and alone.
 */
export class MemoryWatch {
  readonly #log: Logger;
  readonly #readMachine: () => MachineMemory | undefined;
  readonly #tasks = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #endedAt = -Infinity;

  constructor(log: Logger, readMachine: () => MachineMemory | undefined = readMachineMemory) {
    this.#log = log;
    this.#readMachine = readMachine;
  }

  /** Watches a task until the answer is called. */
  add(task: WatchedMemory): () => void {
    const entry: Entry = { ...task, atStart: this.#readMachine(), used: 0, isCounting: false, countAgainAt: 0, hasEnded: false };
    this.#tasks.add(entry);
    this.#timer ??= setInterval(() => this.#lookAtAll(), intervalMs).unref();
    return () => {
      if (this.#tasks.delete(entry) && entry.hasEnded) this.#endedAt = -Infinity;
      if (this.#tasks.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  #lookAtAll(): void {
    const machine = this.#readMachine();
    for (const task of this.#tasks) if (!task.hasEnded) this.#lookAt(task, machine);
    if (machine !== undefined && performance.now() - this.#endedAt > patienceMs) this.#leaveRoom(machine);
  }

  #lookAt(task: Entry, machine: MachineMemory | undefined): void {
    const seen = lookAtMemory(task.pid);
    const { ownBytes, sharedBytes, scratch } = seen;
    // Memory that is held by a descriptor alone shows in the machine's sum, and is nowhere to be seen quickly.
    const sharedSinceStart = (machine?.sharedBytes ?? 0) - (task.atStart?.sharedBytes ?? 0);
    task.used = ownBytes + Math.max(sharedBytes, scratch.bytes) + scratch.inodeBytes;
    const most = ownBytes + Math.max(sharedBytes, scratch.bytes, sharedSinceStart) + scratch.inodeBytes;
    if (most > task.memoryBytes && !task.isCounting && performance.now() >= task.countAgainAt) void this.#count(task, seen);
  }

  async #count(task: Entry, seen: MemoryLook): Promise<void> {
    task.isCounting = true;
    const startedAt = performance.now();
    try {
      task.used = await countMemory(seen);
      if (task.used > task.memoryBytes) this.#end(task);
    } catch (error) {
      this.#log.warn(`The memory of a task could not be read: ${String(error)}`);
    }
    task.isCounting = false;
    task.countAgainAt = performance.now() + (performance.now() - startedAt) * restPerCount;
  }

  #leaveRoom({ freeBytes }: MachineMemory): void {
    const living = [...this.#tasks].filter(({ hasEnded }) => !hasEnded);
    if (!living.some(({ atStart }) => atStart !== undefined && freeBytes < roomToLeave(atStart))) return;
    const [largest] = living.toSorted((a, b) => b.used - a.used);
    if (largest === undefined) return;
    this.#endedAt = performance.now();
    this.#end(largest);
  }

  #end(task: Entry): void {
    if (task.hasEnded || !this.#tasks.has(task)) return;
    task.hasEnded = true;
    task.onExcess();
  }
}
