import type { ModelCallObserver, ModelRoute } from '../inference/route.ts';
import type { LogContext } from '../log/logger.ts';

/** A socket of one task through which alone it reaches its model. */
export interface InferenceSocket {
  readonly path: string;
  /** Says which route the task of this socket gets, and what lines of the log about it are about; requests before it wait at most 10 s. Once only. */
  assign(route: ModelRoute, observer: ModelCallObserver, about?: LogContext): void;
  /** Ends upstream requests, closes and removes the socket. */
  dispose(): Promise<void>;
}

/** Serves `inference.local` on a unix socket at `path` (at most 100 bytes, mode 0666 in a directory that is the task's alone). */
export type OpenInferenceSocket = (path: string) => Promise<InferenceSocket>;
