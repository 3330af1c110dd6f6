import type { ErrorInfo } from '../protocol/errors.ts';
import { modelError } from '../inference/wire/modelErrors.ts';
import type { RouteTimeouts } from '../inference/route.ts';

/** Why a call is given up before its end. */
export type CallStop = { readonly kind: 'timeout'; readonly error: ErrorInfo } | { readonly kind: 'gone' };

/** The time limits of one call: to the first token, between bytes after it, and in all. */
export interface CallTimers {
  /** Aborted with a CallStop as its reason. */
  readonly signal: AbortSignal;
  /** Bytes came. */
  touch(): void;
  /** The first token came: from here on the idle limit counts. */
  sawToken(): void;
  /** The reader of the stream is slower than the stream: silence is ours, not the server's. */
  pause(): void;
  resume(): void;
  stop(reason: CallStop): void;
  dispose(): void;
}

/** Starts the time limits of a call; `server` is a name for sentences. */
export function startCallTimers(limits: RouteTimeouts, server: string): CallTimers {
  const controller = new AbortController();
  const stop = (reason: CallStop): void => controller.abort(reason);
  const expire = (error: ErrorInfo) => (): void => stop({ kind: 'timeout', error });
  const first = setTimeout(expire(firstTokenError(server, limits.firstTokenMs)), limits.firstTokenMs);
  const total = setTimeout(expire(totalError(server, limits.totalMs)), limits.totalMs);
  let idle: NodeJS.Timeout | undefined;

  const startIdle = (): void => {
    clearTimeout(idle);
    idle = setTimeout(expire(idleError(server, limits.idleMs)), limits.idleMs);
  };

  return {
    signal: controller.signal,
    touch: () => void idle?.refresh(),
    sawToken() {
      clearTimeout(first);
      if (idle === undefined) startIdle();
    },
    pause: () => clearTimeout(idle),
    resume() {
      if (idle !== undefined && !controller.signal.aborted) startIdle();
    },
    stop,
    dispose() {
      for (const timer of [first, total, idle]) clearTimeout(timer);
    },
  };
}

function firstTokenError(server: string, ms: number): ErrorInfo {
  return modelError('timeout_first_token', { message: `${server} sent no token within ${seconds(ms)}.`, cause: 'first_token', hint: 'Retry; a model that is loading or reading a long conversation needs longer.' });
}

function idleError(server: string, ms: number): ErrorInfo {
  return modelError('timeout_idle', { message: `${server} fell silent for ${seconds(ms)} in the middle of its answer.`, cause: 'idle', hint: 'Retry; if it happens again, look at the log of the model server.' });
}

function totalError(server: string, ms: number): ErrorInfo {
  return modelError('timeout_total', { message: `${server} was not done after ${seconds(ms)}.`, cause: 'total', hint: 'Ask for less at once, or choose a faster model.' });
}

function seconds(ms: number): string {
  return ms >= 60_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
