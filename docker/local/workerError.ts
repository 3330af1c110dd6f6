import type { ErrorClass } from '../../server/protocol/errors.ts';

/** An end of the task that the final `error` frame tells: what happened, and the next step. */
export class WorkerError extends Error {
  readonly class: ErrorClass;
  readonly hint: string;
  /** Of a model call that failed: the server's status, when it answered with one, and the short word for what was the matter. */
  readonly status: number | undefined;
  override readonly cause: string | undefined;

  constructor(errorClass: ErrorClass, message: string, hint: string, more: { status?: number | undefined; cause?: string | undefined } = {}) {
    super(message);
    this.name = 'WorkerError';
    this.class = errorClass;
    this.hint = hint;
    this.status = more.status;
    this.cause = more.cause;
  }
}

/** The end of a task that was cancelled. */
export function cancelledError(): WorkerError {
  return new WorkerError('cancelled', 'The task was cancelled.', 'Send the message again.');
}

/** Any thrown value as a WorkerError. */
export function asWorkerError(thrown: unknown): WorkerError {
  if (thrown instanceof WorkerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new WorkerError('worker_failed', `The worker failed: ${message}`, 'Retry, or look at the log.');
}
