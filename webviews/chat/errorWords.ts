import type { ErrorInfo } from '../../server/protocol/errors.ts';
import type { Attempt } from '../../server/protocol/messages.ts';
import { countWords, withStop, withoutStop } from './words.ts';

/** What can be done about an error from its card. */
export type ErrorAction = 'retry' | 'resume' | 'newSession' | 'showLogs' | 'startSandbox' | 'checkSandboxes' | 'changeModel' | 'enterKey';

/** The words of an error card: what happened, the cause, then the next step, and what can be done; the first action is the filled one. */
export interface ErrorWords {
  readonly title: string;
  readonly sentence: string;
  /** The sentence without the next step, for a turn after which others came; may be empty. */
  readonly cause: string;
  readonly actions: readonly ErrorAction[];
  /** Nothing failed: the card has no colour of a failure. */
  readonly isNeutral?: true;
  /** What failed is mended, and was not tried since. */
  readonly isMended?: true;
}

type Words = (error: ErrorInfo) => ErrorWords;

const retryAndLog: readonly ErrorAction[] = ['retry', 'showLogs'];

/** A detail of an error as text, when the gateway gave it. */
function detail(error: ErrorInfo, name: string): string | undefined {
  const value = error.details?.[name];
  if (typeof value === 'number') return countWords(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The words of a card from the next step and the cause. */
function stepped(title: string, step: string, cause: string, actions: readonly ErrorAction[]): ErrorWords {
  return { title, sentence: [cause, step].filter((sentence) => sentence !== '').join(' '), cause, actions };
}

/** The card in the gateway's own words: its hint and its message. */
function ownCard(title: string, error: ErrorInfo, actions: readonly ErrorAction[]): ErrorWords {
  return stepped(title, withStop(error.hint), withStop(error.message), actions);
}

const limitTitle = 'Stopped at its limit';
const keptNote = 'the text above is kept';
const lostTitle = 'Agent connection lost mid-reply';

/** The gateway's message begins with what the title says already. */
function connectionLost(error: ErrorInfo): ErrorWords {
  const cause = withoutStop(error.message.startsWith(`${lostTitle}: `) ? error.message.slice(lostTitle.length + 2) : error.message);
  return stepped(lostTitle, 'Retry to go on.', `${cause.charAt(0).toUpperCase()}${cause.slice(1)}; ${keptNote}.`, retryAndLog);
}

function fixed(title: string, actions: readonly ErrorAction[]): Words {
  return (error) => ownCard(title, error, actions);
}

/** A card whose step and cause name details of the error, or the gateway's own words when it gave none. */
function withDetails<const N extends readonly string[]>(
  error: ErrorInfo,
  names: N,
  title: string,
  actions: readonly ErrorAction[],
  say: (...values: { [K in keyof N]: string }) => readonly [step: string, cause: string],
): ErrorWords {
  const values = names.flatMap((name) => detail(error, name) ?? []);
  if (values.length < names.length) return ownCard(title, error, actions);
  return stepped(title, ...say(...(values as { [K in keyof N]: string })), actions);
}

/** A status of 500 and above is the server's own failure; any other is its answer to what it was asked. */
function saysItFailed({ details }: ErrorInfo): boolean {
  const status = details?.['status'];
  return typeof status === 'number' && status >= 500;
}

const wordsByClass: Readonly<Partial<Record<string, Words>>> = {
  sandbox_disconnected: connectionLost,
  worker_failed: connectionLost,
  sandbox_unavailable: (error) => stepped('Sandbox is not running', 'Start it and retry.', withStop(error.message), ['startSandbox', 'checkSandboxes', 'retry']),
  sandbox_unsupported: fixed('This computer cannot run the sandbox', ['checkSandboxes', 'retry']),
  sandbox_limit: fixed('The sandbox reached its limit', retryAndLog),
  worker_silent: fixed('The agent did not start', retryAndLog),
  policy_invalid: fixed('The policy cannot be read', retryAndLog),
  policy_unenforceable: fixed('The policy cannot be enforced here', ['checkSandboxes', 'retry']),
  model_unreachable: (error) =>
    withDetails(error, ['server', 'address'], 'Cannot reach model server', ['retry', 'changeModel'], (server, address) => [`Start ${server} or choose another model.`, `It refused at ${address}.`]),
  model_auth: (error) =>
    withDetails(error, ['server'], 'Authentication failed', ['enterKey', 'retry', 'changeModel'], (server) => [`Enter the key for ${server} again.`, 'It was refused.']),
  model_not_found: (error) =>
    withDetails(error, ['server', 'model'], 'Model not found', ['changeModel', 'retry'], (server, model) => ['Choose another model.', `${server} does not have ${model}.`]),
  model_crashed: (error) =>
    withDetails(error, ['server', 'tokens'], 'Model crashed', ['retry', 'changeModel'], (server, tokens) => ['Retry, or choose a smaller model.', `${server} closed the stream after ${tokens} tokens.`]),
  context_overflow: (error) =>
    withDetails(error, ['tokens', 'max'], 'Conversation too long', ['newSession'], (tokens, max) => ['Start a new session.', `${tokens} of ${max} tokens.`]),
  model_error: (error) => ownCard(saysItFailed(error) ? 'The model server failed' : 'The model server reported an error', error, retryAndLog),
  model_rate_limited: fixed('Rate limited', ['retry']),
  model_out_of_credit: fixed('Out of credits', ['changeModel', 'retry']),
  timeout_first_token: fixed('The model did not begin to answer', ['retry']),
  timeout_idle: fixed('The model went silent', ['resume', 'retry']),
  timeout_total: fixed('The answer took too long', ['resume', 'retry']),
  empty_reply: () => stepped('The model gave an empty reply', 'Retry, or choose another model.', '', ['retry', 'changeModel']),
  budget_spent: (error) => limitCard(error),
  storage_full: (error) => stepped('Disk is full', 'Free some space, then retry.', withStop(error.message), ['retry']),
};

/** The words of an error card; an unknown class is drawn as `internal`. */
export function errorWords(error: ErrorInfo): ErrorWords {
  const words = Object.hasOwn(wordsByClass, error.class) ? wordsByClass[error.class] : undefined;
  if (words !== undefined) return words(error);
  const title = withoutStop(error.message.split('\n')[0] ?? '').slice(0, 200);
  return stepped(title === '' ? 'Something failed in the gateway' : title, 'Retry, or send the log with your report.', '', retryAndLog);
}

const unknownError: ErrorInfo = { class: 'internal', message: '', cause: 'unknown', hint: '', retryable: true };

/** The classes of an answer that broke off for a reason outside of it: what is written so far can be gone on with. */
const brokenOff: ReadonlySet<string> = new Set([
  'model_crashed', 'model_unreachable', 'model_error', 'timeout_first_token', 'timeout_idle', 'timeout_total', 'sandbox_disconnected', 'worker_failed',
]);

/** The card of an attempt that failed or used up its steps; an answer that has text says that it is kept, and goes on first. */
export function cardWords({ outcome, error }: Pick<Attempt, 'outcome' | 'error'>, hasText: boolean): ErrorWords {
  if (outcome === 'iterations_spent') return iterationsSpentWords(error);
  const words = errorWords(error ?? unknownError);
  return hasText && error !== undefined && brokenOff.has(error.class) ? keptWords(words) : words;
}

/** The server that took another key after it had refused the one of this attempt. */
export function serverWithNewKey({ error, endedAt }: Pick<Attempt, 'error' | 'endedAt'>, keysTaken: Readonly<Record<string, number>>): string | undefined {
  if (error?.class !== 'model_auth' || endedAt === undefined) return undefined;
  return Object.keys(keysTaken).find((name) => (keysTaken[name] ?? 0) >= endedAt && error.message.startsWith(`${name} refused `));
}

/** The card of a refused key after the server took another one. */
export function newKeyWords(server: string): ErrorWords {
  return { ...stepped('Key accepted', 'Retry to go on.', `${server} takes the key that you entered.`, ['retry']), isMended: true };
}

function keptWords(words: ErrorWords): ErrorWords {
  const { cause, sentence } = words;
  const step = sentence.slice(cause.length).trim();
  const said = cause.includes(keptNote) ? 'Continue from it, or retry.' : `T${keptNote.slice(1)}: continue from it, or retry.`;
  const parts = [cause, /^retry\b/i.test(step) ? '' : step, said];
  return { ...words, sentence: parts.filter((part) => part !== '').join(' '), actions: ['resume', ...words.actions.filter((action) => action !== 'resume')] };
}

/** The card of a turn that used up its steps. */
export function iterationsSpentWords(error: ErrorInfo | undefined): ErrorWords {
  return error === undefined ? { ...stepped(limitTitle, 'Continue to give it more steps.', '', ['resume']), isNeutral: true } : limitCard(error);
}

function limitCard(error: ErrorInfo): ErrorWords {
  return { ...ownCard(limitTitle, error, ['resume']), isNeutral: true };
}
