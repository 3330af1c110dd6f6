import { errorClasses } from '../protocol/errorClasses.ts';
import type { ErrorClass, ErrorInfo } from '../protocol/errors.ts';

/** An error that a person can act on: class and reason are stable, `message` says what happened, `hint` the next step. `reason` is the `cause` of the wire, whose name an Error keeps for what was thrown before. */
export class AppError extends Error {
  readonly class: ErrorClass;
  readonly reason: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(errorClass: ErrorClass, message: string, more: { reason?: string; hint: string; details?: Readonly<Record<string, unknown>>; cause?: unknown }) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'AppError';
    this.class = errorClass;
    this.reason = more.reason ?? errorClass;
    this.hint = more.hint;
    this.details = more.details;
  }

  /** The error behind its stored form. */
  static fromInfo({ class: errorClass, message, cause, hint, details }: ErrorInfo): AppError {
    return new AppError(errorClass, message, { reason: cause, hint, ...(details === undefined ? {} : { details }) });
  }

  /** The form that is stored and sent. */
  toInfo(): ErrorInfo {
    return {
      class: this.class,
      message: this.message,
      cause: this.reason,
      hint: this.hint,
      retryable: errorClasses[this.class].isRetryable,
      ...(this.details === undefined ? {} : { details: { ...this.details } }),
    };
  }
}

/** Any thrown value as an AppError; what is not one becomes `internal` and keeps its cause for the log. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', `The gateway failed: ${message}`, { hint: 'Retry, or send the log with your report.', cause: thrown });
}
