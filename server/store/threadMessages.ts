import type { ErrorInfo } from '../protocol/errors.ts';
import type { LogLevel } from '../protocol/logs.ts';
import type { OperationName } from './operationModes.ts';

/** What a store thread is started with. */
export interface ThreadStart {
  readonly role: 'writer' | 'reader';
  readonly path: string;
  readonly busyTimeoutMs: number;
}

/** One operation to carry out. */
export interface Call {
  readonly name: OperationName;
  readonly input: unknown;
}

/** How an operation ended. */
export type CallResult = { readonly value: unknown } | { readonly error: ErrorInfo };

/** To a thread: one batch at a time; `recover` moves a corrupt database aside, unless that was done since (`generation` counts the databases replaced); `close` ends the thread. */
export type ToThread = { readonly kind: 'batch'; readonly calls: readonly Call[] } | { readonly kind: 'recover'; readonly generation: number } | { readonly kind: 'close' };

/** From a thread: `ready` or `failed` first, then one `results` per batch, in the order of its calls; `corrupt` is a reader's finding, `recovered` what the writer did about one. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorInfo }
  | { readonly kind: 'results'; readonly results: readonly CallResult[] }
  | { readonly kind: 'corrupt' }
  | { readonly kind: 'recovered'; readonly movedTo: string; readonly cause: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string };
