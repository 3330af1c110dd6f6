import { asAppError } from '../base/appError.ts';
import { FairGate, type Place } from '../base/fairGate.ts';
import type { OpenInferenceSocket } from '../egress/inferenceSocket.ts';
import type { LoggerOf } from '../log/logger.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Dispatcher, DispatchRequest, ProgressFrame, TaskEnd } from './dispatcher.ts';
import { describeExit } from './judgeEnd.ts';
import { StartedWorker, type WorkerDeps } from './startedWorker.ts';
import { TaskRun } from './taskRun.ts';
import { defaultWarmWorkerLimits, WarmWorkers, type WarmWorkerLimits } from './warmWorkers.ts';

/** What a dispatcher needs from outside. */
export interface DispatcherOptions {
  readonly openInferenceSocket: OpenInferenceSocket;
  readonly loggerOf: LoggerOf;
  readonly clock?: Clock;
  readonly warm?: Partial<WarmWorkerLimits>;
  /** So many workers start at once; the others wait, so that each has a processor while it does. 2 when absent. */
  readonly startsAtOnce?: number;
  /** Whether tasks wait for a place: no worker waits for a task then. */
  readonly isCrowded?: () => boolean;
}

/** Makes the dispatcher; its owner disposes it. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new TaskDispatcher(options);
}

/** A worker that takes longer to take its task hangs: others start beside it. */
const longestStartMs = 10_000;

class TaskDispatcher implements Dispatcher {
  readonly #deps: WorkerDeps;
  readonly #warm: WarmWorkers;
  readonly #running = new Set<Promise<TaskEnd>>();
  readonly #closing = new AbortController();
  readonly #starts: FairGate;
  readonly #isCrowded: () => boolean;

  constructor(options: DispatcherOptions) {
    this.#starts = new FairGate(() => options.startsAtOnce ?? 2);
    this.#isCrowded = options.isCrowded ?? (() => false);
    this.#deps = { openInferenceSocket: options.openInferenceSocket, loggerOf: options.loggerOf, clock: options.clock ?? systemClock };
    const takeStart = (): Place | undefined => (this.#isCrowded() ? undefined : this.#starts.tryEnter());
    this.#warm = new WarmWorkers({ ...this.#deps, takeStart }, { ...defaultWarmWorkerLimits, ...options.warm });
  }

  dispatch(request: DispatchRequest): Promise<TaskEnd> {
    const running: Promise<TaskEnd> = this.#dispatch(request).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  prewarm(target: Parameters<Dispatcher['prewarm']>[0]): void {
    this.#warm.prewarm(target);
  }

  async discardWarm(agentId: string): Promise<void> {
    await this.#warm.discard(agentId);
  }

  async dispose(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([this.#warm.dispose(), ...this.#running]);
  }

  async #dispatch(request: DispatchRequest): Promise<TaskEnd> {
    const startedAtMs = this.#deps.clock.nowMs();
    const signal = AbortSignal.any([request.signal, this.#closing.signal]);
    const guarded = { ...request, onFrame: (frame: ProgressFrame) => this.#deliver(request, frame) };
    if (signal.aborted) return { outcome: 'stopped', ...notStarted };
    try {
      const warm = await this.#warm.take(request);
      const first = warm === undefined ? undefined : await this.#run(warm, guarded, { signal, startedAtMs, wasWarm: true });
      if (first !== undefined && !neverLived(first)) return first;
      return await this.#runCold(request, guarded, { signal, startedAtMs });
    } catch (error) {
      if (signal.aborted && error === signal.reason) return { outcome: 'stopped', ...notStarted };
      return { outcome: 'error', error: asAppError(error).toInfo(), ...notStarted };
    }
  }

  /** Its start is over when the worker has taken its task, or has ended. */
  async #runCold(request: DispatchRequest, guarded: DispatchRequest, how: { signal: AbortSignal; startedAtMs: number }): Promise<TaskEnd> {
    const start = await this.#starts.enter(request.sandbox.spec.agentId, how.signal);
    const late = this.#deps.clock.after(longestStartMs, () => start.leave());
    const onAccepted = (dispatchMs: number): void => {
      start.leave();
      request.onAccepted?.(dispatchMs);
    };
    try {
      return await this.#run(await StartedWorker.start(request, this.#deps), { ...guarded, onAccepted }, { ...how, wasWarm: false });
    } finally {
      late.cancel();
      start.leave();
    }
  }

  async #run(worker: StartedWorker, request: DispatchRequest, how: { signal: AbortSignal; startedAtMs: number; wasWarm: boolean }): Promise<TaskEnd> {
    worker.about = { ...worker.about, ...request.about };
    const { signal, startedAtMs, wasWarm } = how;
    const run = new TaskRun({ worker, request, signal, clock: this.#deps.clock, startedAtMs }).run();
    // A run that fails is a fault of ours; its process must not outlive it.
    const end = await run.catch(async (error: unknown) => {
      await worker.stop();
      throw error;
    }).finally(() => worker.release());
    this.#warm.prewarm({ sandbox: request.sandbox, engine: request.engine });
    return { ...end.judgement, exitReason: describeExit(end.exit), dispatchMs: end.dispatchMs, wasWarm };
  }

  #deliver(request: DispatchRequest, frame: ProgressFrame): void | Promise<void> {
    const report = (error: unknown): void => this.#deps.loggerOf('exec').error(`A frame could not be taken: ${asAppError(error).message}`, { agentId: request.sandbox.spec.agentId, ...request.about });
    try {
      return request.onFrame(frame)?.catch(report);
    } catch (error) {
      report(error);
      return undefined;
    }
  }
}

const notStarted = { exitReason: 'not started', dispatchMs: undefined, wasWarm: false } as const;

/** A waiting worker that died before it took its task did nothing yet, so that a fresh one may take it. */
function neverLived(end: TaskEnd): boolean {
  return end.dispatchMs === undefined && end.outcome === 'error' && deathsWhileWaiting.includes(end.error.cause);
}

const deathsWhileWaiting: readonly string[] = ['no_final_frame', 'killed', 'out_of_memory', 'sandbox_gone'];
