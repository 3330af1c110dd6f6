import type { ErrorInfo } from '../../protocol/errors.ts';
import { findErrorBody } from './errorBody.ts';
import { errorWords, saysOverflow } from './errorWords.ts';
import { asAmount, asObject, asText, parseJson, type JsonObject } from './jsonFields.ts';
import { isModelErrorClass, modelError, type ModelErrorClass } from './modelErrors.ts';
import { pageWords, plainWords } from './sniffBody.ts';

/** What a failed model call showed. */
export interface ModelFailure {
  /** HTTP status; absent for an error inside a 200 answer. */
  readonly status?: number | undefined;
  /** The answer's body or the event's data: JSON, a page, or plain words. */
  readonly body: string;
  /** The body is a page of something that is no model server. */
  readonly isPage?: boolean | undefined;
  /** What the server asked to wait, ms. */
  readonly retryAfterMs?: number | undefined;
  /** A name for sentences, such as `Ollama`. */
  readonly server?: string | undefined;
}

/** The failure in the words that rules look at. */
interface Clues {
  readonly status: number | undefined;
  readonly message: string;
  /** Message, type and code in lower case. */
  readonly words: string;
  readonly error: JsonObject;
  readonly server: string;
  readonly retryAfterMs: number | undefined;
}

interface Verdict {
  readonly class: ModelErrorClass;
  readonly cause: string;
  readonly says: string;
  readonly hint: string;
  readonly retryable?: boolean;
  readonly details?: Record<string, unknown>;
}

/** A server's sentence is looked at so far for what it means, and shown so far; in UTF-16 units. */
const maxWords = 20_000;
const maxMessage = 2_000;
const addressHint = 'Check that the address of the model server is right and ends in /v1.';

/** The rules, the most telling first; the first that gives a verdict decides. */
const rules: readonly ((clues: Clues) => Verdict | undefined)[] = [ourOwn, contextOverflow, paymentRequired, byWords, modelMissing, byStatus];

/** Classifies a failed model call by what the server said; pure, and safe on anything that a server may send. */
export function classifyModelError({ status, body, isPage = false, retryAfterMs, server = 'The model server' }: ModelFailure): ErrorInfo {
  const parsed = parseJson(body);
  const error = findErrorBody(parsed);
  if (isPage || (error === undefined && asObject(parsed) === undefined && status === undefined && /<\w/.test(body))) return notJson(body, server);
  const sentence = asText(error?.['message']) ?? asText(parsed) ?? (asObject(parsed) === undefined ? body : '');
  const isMarkup = error === undefined && /<\w/.test(body);
  const words = [sentence.slice(0, maxWords), error?.['type'], error?.['code'], error?.['status']].map(String).join(' ').toLowerCase();
  const message = isMarkup ? pageWords(sentence) : plainWords(sentence, maxMessage);
  const clues: Clues = { status, message, words, error: error ?? {}, server, retryAfterMs };
  for (const rule of rules) {
    const verdict = rule(clues);
    if (verdict !== undefined) return fromVerdict(verdict, clues);
  }
  return fromVerdict({ class: 'model_error', cause: causeWord(clues.error) ?? 'server_error', says: 'failed', hint: 'Retry, or choose another model.' }, clues);
}

function fromVerdict(verdict: Verdict, { server, message, retryAfterMs, status }: Clues): ErrorInfo {
  const details = {
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...verdict.details,
  };
  return modelError(verdict.class, {
    message: sentence(verdict.says === '' ? message : `${server} ${verdict.says}${message === '' ? '' : `: ${message}`}`),
    cause: verdict.cause,
    hint: verdict.hint,
    ...(verdict.retryable === undefined ? {} : { retryable: verdict.retryable }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  });
}

/** An error that this gateway classified already comes back to the worker with its class as the type. */
function ourOwn({ error }: Clues): Verdict | undefined {
  const errorClass = error['type'];
  const hint = asText(error['hint']);
  if (!isModelErrorClass(errorClass) || hint === undefined) return undefined;
  return { class: errorClass, cause: asText(error['cause']) ?? errorClass, says: '', hint };
}

function contextOverflow({ words, error }: Clues): Verdict | undefined {
  if (!saysOverflow(words)) return undefined;
  const promptTokens = asAmount(error['n_prompt_tokens']);
  const contextTokens = asAmount(error['n_ctx']);
  return {
    class: 'context_overflow',
    cause: 'context_overflow',
    says: 'cannot take so long a conversation',
    hint: 'Start a new session, or load the model with a larger context.',
    details: { ...(promptTokens === undefined ? {} : { promptTokens }), ...(contextTokens === undefined ? {} : { contextTokens }) },
  };
}

function paymentRequired({ status }: Clues): Verdict | undefined {
  return status === 402 ? { class: 'model_out_of_credit', cause: 'no_credit', says: 'refused for lack of credit', hint: 'Add credit at the provider, or choose another model.' } : undefined;
}

function byWords({ words, status }: Clues): Verdict | undefined {
  return errorWords.find((row) => row.words.test(words) && row.except?.test(words) !== true && (row.statuses === undefined || row.statuses.includes(status)));
}

function modelMissing({ words, status }: Clues): Verdict | undefined {
  const saysSo = /model_not_found|model\b.{0,300}\b(not found|does not exist|not exist|unknown|not available)|no such model|unknown model|invalid model/.test(words);
  if (!saysSo || (status !== undefined && status >= 500)) return undefined;
  return { class: 'model_not_found', cause: 'model_not_found', says: 'does not have the model', hint: 'Choose a model that the server lists, or load this one there.' };
}

function byStatus({ status, words, error }: Clues): Verdict | undefined {
  const code = status ?? codeInside(error);
  if (code === undefined) return undefined;
  const cause = causeWord(error) ?? `http_${code}`;
  if (code === 401 || (code === 403 && !/moderation|flagged/.test(words))) {
    return { class: 'model_auth', cause, says: 'refused the key', hint: 'Give the key of the model server again, or check what it permits.' };
  }
  if (code === 404 || code === 405) return { class: 'model_error', cause: 'unknown_address', says: 'does not know this address', hint: addressHint, retryable: false };
  if (code >= 300 && code < 400) return { class: 'model_error', cause: 'redirect', says: 'sent the request elsewhere', hint: addressHint, retryable: false };
  if (code === 429) return { class: 'model_rate_limited', cause, says: 'asked to wait', hint: 'Retry in a while.' };
  if (code === 413) return { class: 'context_overflow', cause, says: 'cannot take so long a conversation', hint: 'Start a new session.' };
  if (code === 408 || code >= 500) return { class: 'model_error', cause: `http_${code}`, says: `failed with status ${code}`, hint: 'Retry; if it happens again, look at the log of the model server.' };
  return code >= 400 ? { class: 'model_error', cause, says: 'refused the request', hint: 'Look at the log of the model server, or choose another model.', retryable: false } : undefined;
}

function notJson(body: string, server: string): ErrorInfo {
  const words = pageWords(body);
  return modelError('model_error', {
    message: sentence(`${server} answered with a page that is not JSON${words === '' ? '' : `: ${words}`}`),
    cause: 'not_json',
    hint: addressHint,
    retryable: false,
  });
}

/** Some providers put the HTTP status into the error's code. */
function codeInside(error: JsonObject): number | undefined {
  const code = Number(error['code']);
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : undefined;
}

/** The server's own short word for the error, when it is one. */
function causeWord(error: JsonObject): string | undefined {
  return [error['code'], error['type']].map(asText).find((word) => word !== undefined && /^[\w.-]{1,60}$/.test(word));
}

function sentence(text: string): string {
  return /[.!?\u2026]$/.test(text) ? text : `${text}.`;
}
