import { errorClasses } from '../../protocol/errorClasses.ts';
import type { ErrorClass, ErrorInfo } from '../../protocol/errors.ts';
import type { ChatFinish } from './chatStreamEvent.ts';
import { finishWord, readFinish } from './finishReason.ts';

/** The classes of error that a model call can end with. */
export type ModelErrorClass = Extract<ErrorClass, `model_${string}` | `timeout_${string}` | 'context_overflow' | 'empty_reply'>;

/** Makes an error of a model call; `retryable` comes from its class unless said otherwise. */
export function modelError(
  errorClass: ModelErrorClass,
  more: { message: string; cause: string; hint: string; retryable?: boolean; details?: Record<string, unknown> },
): ErrorInfo {
  return {
    class: errorClass,
    message: more.message,
    cause: more.cause,
    hint: more.hint,
    retryable: more.retryable ?? errorClasses[errorClass].isRetryable,
    ...(more.details === undefined ? {} : { details: more.details }),
  };
}

/** Whether a word is one of our classes for model calls. */
export function isModelErrorClass(word: unknown): word is ModelErrorClass {
  return typeof word === 'string' && Object.hasOwn(errorClasses, word) && errorClasses[word as ErrorClass].group === 'model';
}

/** The stream ended, or its connection broke, before the model was done. */
export function brokenStream(server: string, cause: 'truncated' | 'connection_lost'): ErrorInfo {
  const message =
    cause === 'truncated' ? `${server} ended its answer before the model was done.` : `The connection to ${server} broke while the model was answering.`;
  return modelError('model_crashed', { message, cause, hint: 'Retry; if it happens again, look at the log of the model server.' });
}

/** The model ended and gave nothing; `finish` is the server's word for why, when it said one. */
export function emptyReply(server: string, finish: string | undefined): ErrorInfo {
  const meaning = readFinish(finish, false);
  const why = finish === undefined || meaning === 'stop' || meaning === 'tool_calls' ? '' : ` (${finishWord(finish)})`;
  return modelError('empty_reply', {
    message: meaning === 'filter' ? `A filter of ${server} kept the whole answer back${why}.` : `${server} ended its answer without any text${why}.`,
    cause: finish === undefined ? 'no_finish' : finishWord(finish),
    hint: emptyHints[meaning] ?? 'Retry, or choose another model.',
  });
}

const emptyHints: Partial<Record<ChatFinish, string>> = {
  length: 'Give the model a larger context or a shorter conversation.',
  filter: 'Say it in other words, or choose another model.',
};

/** The stream does not follow the wire that it claims to speak. */
export function brokenWire(server: string, cause: 'malformed_stream' | 'event_too_large'): ErrorInfo {
  const what = cause === 'malformed_stream' ? 'several events that are not JSON' : 'more than 8 MiB in one piece, or white space without an end';
  return modelError('model_error', { message: `${server} sent ${what}.`, cause, hint: 'Check that the address is the OpenAI-compatible one of the server, and retry.' });
}
