import type { ErrorInfo } from '../protocol/errors.ts';
import type { Frame, Task } from '../protocol/worker.ts';
import type { ModelCallObserver, ModelRoute } from '../inference/route.ts';
import type { LogContext } from '../log/logger.ts';
import type { PreparedSandbox, SandboxEngine } from '../sandboxes/engine.ts';

/** What a worker says between `accepted` and its final frame. */
export type ProgressFrame = Extract<Frame, { frame: 'status' | 'text' | 'thinking' | 'tool_start' | 'tool_output' | 'tool_end' | 'notice' }>;

/** The final frame of a task that came to its own end. */
export type ResultFrame = Extract<Frame, { frame: 'result' }>;

/** One task for one sandbox. */
export interface DispatchRequest {
  readonly sandbox: PreparedSandbox;
  readonly engine: SandboxEngine;
  /** The task as frozen for this attempt; how its stdin behaves is the engine's to say. */
  readonly task: Omit<Task, 'stdin'>;
  /** Where the task's socket leads; assigned before the worker gets its line. */
  readonly route: ModelRoute;
  readonly observer: ModelCallObserver;
  /** The worker took the task; `dispatchMs` after the call of `dispatch`. */
  onAccepted?(dispatchMs: number): void;
  /** Each valid frame in order. A promise holds back the frames after it, and with them the worker; it must settle. What it throws is logged. */
  onFrame(frame: ProgressFrame): void | Promise<void>;
  /** Aborting ends the model call at once and then every process of the task; the end is `stopped`. */
  readonly signal: AbortSignal;
  /** What the log lines of this task are about, beside its agent. */
  readonly about?: Pick<LogContext, 'sessionId' | 'runId'>;
  /** Wall limit of the whole task, ms; none when absent. */
  readonly wallMs?: number | undefined;
}

interface TaskEndFacts {
  /** How the process ended, such as `exit 0` or `SIGKILL (out_of_memory)`; `not started` when there was none. */
  readonly exitReason: string;
  /** From the call of `dispatch` to `accepted`, ms; undefined when the task was never accepted. */
  readonly dispatchMs: number | undefined;
  /** The task ran in a worker that was waiting for it. */
  readonly wasWarm: boolean;
}

/** How a task ended, judged when its process was gone and its stdout closed. `stopped` has an error only when a limit stopped it. */
export type TaskEnd = TaskEndFacts &
  (
    | { readonly outcome: 'result'; readonly result: ResultFrame }
    | { readonly outcome: 'error'; readonly error: ErrorInfo }
    | { readonly outcome: 'stopped'; readonly error?: ErrorInfo }
  );

/** Runs tasks in sandboxes, one process per task, and keeps the next worker of the last used agent waiting. */
export interface Dispatcher {
  /** Never rejects; resolves when every process of the task is gone. */
  dispatch(request: DispatchRequest): Promise<TaskEnd>;
  /** Starts a worker that waits for this sandbox's next task, in place of the one that waits; failures are logged only. */
  prewarm(target: { readonly sandbox: PreparedSandbox; readonly engine: SandboxEngine }): void;
  /** Ends the waiting worker of an agent, as before a reset of its sandbox, once its tasks have ended; resolves when it is gone. */
  discardWarm(agentId: string): Promise<void>;
  /** Ends waiting workers and running tasks (as `stopped`); resolves when all are gone. */
  dispose(): Promise<void>;
}
