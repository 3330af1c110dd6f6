import type { ErrorClass } from '../../server/protocol/errors.ts';

/** An end of the task that the final `error` frame tells: what happened, and the next step. */
export class WorkerError extends Error {
  readonly class: ErrorClass;
  readonly hint: string;

  constructor(errorClass: ErrorClass, message: string, hint: string) {
    super(message);
    this.name = 'WorkerError';
    this.class = errorClass;
    this.hint = hint;
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
