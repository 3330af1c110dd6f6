import { createDeferred } from '../base/deferred.ts';
import { isFinalFrame, type Frame } from '../protocol/worker.ts';
import type { SandboxExit } from '../sandboxes/engine.ts';
import type { Clock, Timer } from './clock.ts';
import type { DispatchRequest } from './dispatcher.ts';
import { judgeEnd, type FinalFrame, type Judgement, type StopCause } from './judgeEnd.ts';
import type { StartedWorker } from './startedWorker.ts';

/** A worker that has said `ready` and has its line must say `accepted` within this time. */
export const acceptWithinMs = 10_000;
/** One that has not said `ready` may not have had its turn yet on a machine that is busy; it gets so long. */
const bootWithinMs = 120_000;
/** After its final frame, or after its stdout has closed, a worker may still tidy up for this long. */
const lingerMs = 2_000;
/** A stopped process that has not ended by then is killed once more, and after as long again it is given up. */
const killAgainMs = 10_000;

/** What is left when a task is over. */
export interface TaskRunEnd {
  readonly judgement: Judgement;
  readonly exit: SandboxExit | undefined;
  /** From the call of `dispatch` to `accepted`, ms; undefined when it never came. */
  readonly dispatchMs: number | undefined;
}

/** What a run of a task is made of. */
export interface TaskRunParts {
  readonly worker: StartedWorker;
  readonly request: DispatchRequest;
  /** Ends the task, be it the caller's wish or the end of the dispatcher. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** When `dispatch` was called, on the clock. */
  readonly startedAtMs: number;
}

/** One task in one worker, from its line to its end; whichever of final frame, exit, closed pipes or stop comes first. */
export class TaskRun {
  readonly #parts: TaskRunParts;
  readonly #worker: StartedWorker;
  readonly #request: DispatchRequest;
  readonly #timers = new Set<Timer>();
  readonly #givenUp = createDeferred<undefined>();
  #silence: Timer | undefined;
  #silenceMs = bootWithinMs;
  #dispatchMs: number | undefined;
  #final: FinalFrame | undefined;
  #stopCause: StopCause | undefined;
  #isEnding = false;

  constructor(parts: TaskRunParts) {
    this.#parts = parts;
    this.#worker = parts.worker;
    this.#request = parts.request;
  }

  /** Gives the worker its line and waits for the end; never rejects. */
  async run(): Promise<TaskRunEnd> {
    const { wallMs } = this.#request;
    const onAbort = (): void => this.#stop('asked');
    this.#worker.listen({ onFrame: (frame) => this.#onFrame(frame), onTooLong: () => this.#stop('frame_too_large'), onNoise: () => this.#stop('noise') });
    if (!this.#parts.signal.aborted) this.#send();
    this.#waitForAccept();
    if (wallMs !== undefined) this.#after(wallMs, () => this.#stop('wall_limit'));
    this.#worker.process.stdout.once('close', () => this.#after(lingerMs, () => this.#stop('stdout_closed')));
    this.#parts.signal.addEventListener('abort', onAbort, { once: true });
    if (this.#parts.signal.aborted) onAbort();
    const exit = await Promise.race([this.#worker.ended, this.#givenUp.promise]);
    this.#parts.signal.removeEventListener('abort', onAbort);
    for (const timer of this.#timers) timer.cancel();
    return { judgement: this.#judge(exit), exit, dispatchMs: this.#dispatchMs };
  }

  #send(): void {
    const { route, observer, engine, task } = this.#request;
    const { stdin } = this.#worker.process;
    const { keepsStdinOpen } = engine.capabilities;
    this.#worker.socket.assign(route, observer, this.#worker.about);
    const model = route.think === 'auto' ? task.model : { ...task.model, think: route.think };
    stdin.write(`${JSON.stringify({ ...task, model, stdin: keepsStdinOpen ? 'open' : 'closed' })}\n`);
    if (!keepsStdinOpen) stdin.end();
  }

  /** Silence counts from the moment in which the worker is known to run. */
  #waitForAccept(): void {
    this.#silence?.cancel();
    this.#silenceMs = this.#worker.isReady ? acceptWithinMs : bootWithinMs;
    this.#silence = this.#after(this.#silenceMs, () => this.#stop('silent'));
  }

  #judge(exit: SandboxExit | undefined): Judgement {
    return judgeEnd({ final: this.#final, stopCause: this.#stopCause, exit, stderrTail: this.#worker.stderrTail, silentMs: this.#silenceMs, wallMs: this.#request.wallMs });
  }

  #onFrame(frame: Frame): void | Promise<void> {
    if (this.#final !== undefined) return this.#worker.ignore('it came after the final frame', frame.frame);
    if (frame.frame === 'ready') return this.#dispatchMs === undefined && this.#silenceMs !== acceptWithinMs ? this.#waitForAccept() : undefined;
    if (frame.frame === 'log') return this.#worker.log(frame.level, frame.text);
    if (frame.frame === 'accepted') return this.#accept(frame.taskId);
    // A task that does not parse is refused before it is accepted; nothing else may come that early.
    if (this.#dispatchMs === undefined && frame.frame !== 'error') return this.#worker.ignore('the task is not accepted yet', frame.frame);
    if (isFinalFrame(frame)) return this.#finish(frame);
    return this.#request.onFrame(frame);
  }

  #accept(taskId: string): void {
    if (this.#dispatchMs !== undefined || taskId !== this.#request.task.taskId) return this.#worker.ignore('it accepts no task of this worker', taskId);
    this.#dispatchMs = this.#parts.clock.nowMs() - this.#parts.startedAtMs;
    this.#silence?.cancel();
    this.#request.onAccepted?.(this.#dispatchMs);
    return undefined;
  }

  #finish(frame: FinalFrame): void {
    this.#final = frame;
    this.#silence?.cancel();
    this.#worker.process.stdin.end();
    this.#after(lingerMs, () => this.#end());
  }

  /** Ends the process for a reason of ours; a task that has said its final frame keeps its own end. */
  #stop(cause: StopCause): void {
    if (this.#final === undefined) this.#stopCause ??= cause;
    this.#end();
  }

  #end(): void {
    if (this.#isEnding || this.#worker.hasEnded) return;
    this.#isEnding = true;
    void this.#worker.stop();
    this.#after(killAgainMs, () => {
      this.#worker.abandon();
      this.#after(killAgainMs, () => this.#givenUp.resolve(undefined));
    });
  }

  #after(ms: number, call: () => void): Timer {
    const timer = this.#parts.clock.after(ms, call);
    this.#timers.add(timer);
    return timer;
  }
}
