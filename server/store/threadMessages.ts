import type { ErrorInfo } from '../protocol/errors.ts';
import type { LogLevel } from '../protocol/logs.ts';
import type { OperationName } from './operationModes.ts';

/** What a store thread is started with. */
export interface ThreadStart {
  readonly role: 'writer' | 'reader';
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** The database was found corrupt in use: the writer moves it aside before it opens one. */
  readonly isCorrupt: boolean;
}

/** One operation to carry out. */
export interface Call {
  readonly name: OperationName;
  readonly input: unknown;
}

/** How an operation ended. */
export type CallResult = { readonly value: unknown } | { readonly error: ErrorInfo };

/** To a thread: one batch at a time; `checkpoint` has the reader copy the log into the database; `close` ends the thread. */
export type ToThread =
  | { readonly kind: 'batch'; readonly calls: readonly Call[] }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'close' };

/**
 * From a thread: `ready` or `failed` first, then one `results` per batch, in the order of its calls
 * (empty when the batch could not be copied). `corrupt` says that what was read is no
 * database any more, `recovered` that the writer moved one aside when it opened, `longLog` that it wishes for a checkpoint beside it.
 */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorInfo }
  | { readonly kind: 'results'; readonly results: readonly CallResult[] }
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'longLog' }
  | { readonly kind: 'recovered'; readonly movedTo: string; readonly cause: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string };
