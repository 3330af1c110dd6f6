import type { Place } from '../base/fairGate.ts';
import type { Timer } from './clock.ts';
import { StartedWorker, type WorkerDeps, type WorkerTarget } from './startedWorker.ts';

/** How long a worker waits for a task, ms, and how many wait at once. */
export interface WarmWorkerLimits {
  readonly idleMs: number;
  readonly maxWaiting: number;
}

/** One waiting worker, given up after ten minutes. */
export const defaultWarmWorkerLimits: WarmWorkerLimits = { idleMs: 600_000, maxWaiting: 1 };

/** What warm workers need: a start of theirs never keeps a task's waiting. */
export interface WarmWorkerDeps extends WorkerDeps {
  /** A place to start a worker in; undefined while tasks need them all. */
  readonly takeStart: () => Place | undefined;
}

/** So many that were given up may still be ending; until then no other is started. */
const maxLeaving = 4;

interface WaitingWorker {
  readonly key: string;
  readonly agentId: string;
  /** Undefined when it could not be started. */
  readonly starting: Promise<StartedWorker | undefined>;
  readonly idle: Timer;
}

/** Single-use workers that were started before their task, the most recently used sandboxes' alone. */
export class WarmWorkers {
  readonly #deps: WarmWorkerDeps;
  readonly #limits: WarmWorkerLimits;
  /** The longest waiting first. */
  readonly #waiting: WaitingWorker[] = [];
  readonly #leaving = new Set<Promise<void>>();
  #isDisposed = false;

  constructor(deps: WarmWorkerDeps, limits: WarmWorkerLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  /**
   * Lets a worker wait for this sandbox unless one does, or the machine has other things to start; others leave when there are too many.
   * Failures are logged only.
   */
  prewarm(target: WorkerTarget): void {
    if (this.#isDisposed || this.#limits.maxWaiting === 0 || this.#leaving.size >= maxLeaving) return;
    const key = keyOf(target);
    const { agentId } = target.sandbox.spec;
    if (this.#waiting.some((waiting) => waiting.key === key)) return;
    const start = this.#deps.takeStart();
    if (start === undefined) return;
    this.#discard((waiting) => waiting.agentId === agentId);
    while (this.#waiting.length >= this.#limits.maxWaiting) this.#discard((waiting) => waiting === this.#waiting[0]);
    const starting = StartedWorker.start(target, this.#deps).catch((error: unknown) => {
      this.#deps.loggerOf('exec').debug(`No worker waits for the next task: ${error instanceof Error ? error.message : String(error)}`, { agentId });
      return undefined;
    });
    const idle = this.#deps.clock.after(this.#limits.idleMs, () => this.#discard((other) => other === waiting));
    const waiting: WaitingWorker = { key, agentId, starting, idle };
    this.#waiting.push(waiting);
    void starting.then((worker) => {
      start.leave();
      return this.#forgetWhenGone(waiting, worker);
    });
  }

  /** Gives the worker that waits for exactly this sandbox, or undefined; one that waits for an older form of it is ended. */
  async take(target: WorkerTarget): Promise<StartedWorker | undefined> {
    const key = keyOf(target);
    const index = this.#waiting.findIndex((waiting) => waiting.key === key);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    this.#discard((other) => other.agentId === target.sandbox.spec.agentId);
    if (waiting === undefined) return undefined;
    waiting.idle.cancel();
    const worker = await waiting.starting;
    if (worker === undefined || !worker.hasEnded) return worker;
    void worker.release();
    return undefined;
  }

  /** Ends the workers that wait for an agent; resolves when they are gone. */
  async discard(agentId: string): Promise<void> {
    this.#discard((waiting) => waiting.agentId === agentId);
    await Promise.allSettled([...this.#leaving]);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#discard(() => true);
    await Promise.allSettled([...this.#leaving]);
  }

  #discard(isMeant: (waiting: WaitingWorker) => boolean): void {
    for (const waiting of this.#waiting.filter(isMeant)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.idle.cancel();
      const leaving: Promise<void> = this.#end(waiting).finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
  }

  async #end(waiting: WaitingWorker): Promise<void> {
    const worker = await waiting.starting;
    await worker?.stop();
    await worker?.release();
  }

  async #forgetWhenGone(waiting: WaitingWorker, worker: StartedWorker | undefined): Promise<void> {
    await worker?.ended;
    this.#discard((other) => other === waiting);
  }
}

/** The hash covers policy, mounts, limits and worker build; the rest keeps sandboxes of several agents and engines apart. */
function keyOf({ sandbox, engine }: WorkerTarget): string {
  return `${engine.name}\n${sandbox.spec.agentId}\n${sandbox.hash}`;
}
