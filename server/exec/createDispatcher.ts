import { asAppError } from '../base/appError.ts';
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
}

/** Makes the dispatcher; its owner disposes it. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new TaskDispatcher(options);
}

class TaskDispatcher implements Dispatcher {
  readonly #deps: WorkerDeps;
  readonly #warm: WarmWorkers;
  readonly #running = new Set<Promise<TaskEnd>>();
  readonly #closing = new AbortController();

  constructor(options: DispatcherOptions) {
    this.#deps = { openInferenceSocket: options.openInferenceSocket, loggerOf: options.loggerOf, clock: options.clock ?? systemClock };
    this.#warm = new WarmWorkers(this.#deps, { ...defaultWarmWorkerLimits, ...options.warm });
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
      return await this.#run(await StartedWorker.start(request, this.#deps), guarded, { signal, startedAtMs, wasWarm: false });
    } catch (error) {
      return { outcome: 'error', error: asAppError(error).toInfo(), ...notStarted };
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
