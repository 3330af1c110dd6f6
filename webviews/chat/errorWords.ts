import type { ErrorInfo } from '../../server/protocol/errors.ts';
import { countWords, withStop, withoutStop } from './words.ts';

/** What can be done about an error from its card. */
export type ErrorAction = 'retry' | 'resume' | 'showLogs' | 'startSandbox' | 'checkSandboxes' | 'changeModel' | 'addModelServer';

/** The words of an error card: what happened, one sentence with the next step first, and what can be done; the first action is the filled one. */
export interface ErrorWords {
  readonly title: string;
  readonly sentence: string;
  readonly actions: readonly ErrorAction[];
}

type Words = (error: ErrorInfo) => ErrorWords;

const retryAndLog: readonly ErrorAction[] = ['retry', 'showLogs'];

/** A detail of an error as text, when the gateway gave it. */
function detail(error: ErrorInfo, name: string): string | undefined {
  const value = error.details?.[name];
  if (typeof value === 'number') return countWords(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The gateway's own hint and message in one line, for what no detail says better. */
function ownWords(error: ErrorInfo): string {
  return [withStop(error.hint), withStop(error.message)].filter((sentence) => sentence !== '').join(' ');
}

const lostTitle = 'Agent connection lost mid-reply';

/** The gateway's message begins with what the title says already. */
function connectionLost(error: ErrorInfo): ErrorWords {
  const cause = withoutStop(error.message.startsWith(`${lostTitle}: `) ? error.message.slice(lostTitle.length + 2) : error.message);
  return { title: lostTitle, sentence: `Retry to go on. ${cause.charAt(0).toUpperCase()}${cause.slice(1)}; the text above is kept.`, actions: retryAndLog };
}

function fixed(title: string, actions: readonly ErrorAction[]): Words {
  return (error) => ({ title, sentence: ownWords(error), actions });
}

const wordsByClass: Readonly<Partial<Record<string, Words>>> = {
  sandbox_disconnected: connectionLost,
  worker_failed: connectionLost,
  sandbox_unavailable: (error) => ({
    title: 'Sandbox is not running',
    sentence: `Start it and retry. ${withStop(error.message)}`,
    actions: ['startSandbox', 'checkSandboxes', 'retry'],
  }),
  sandbox_unsupported: fixed('This computer cannot run the sandbox', ['checkSandboxes', 'retry']),
  sandbox_limit: fixed('The sandbox reached its limit', retryAndLog),
  worker_silent: fixed('The agent did not start', retryAndLog),
  policy_invalid: fixed('The policy cannot be read', retryAndLog),
  policy_unenforceable: fixed('The policy cannot be enforced here', ['checkSandboxes', 'retry']),
  model_unreachable: (error) => {
    const server = detail(error, 'server');
    const address = detail(error, 'address');
    const sentence = server === undefined || address === undefined ? ownWords(error) : `Start ${server} or choose another model. It refused at ${address}.`;
    return { title: 'Cannot reach model server', sentence, actions: ['retry', 'changeModel'] };
  },
  model_auth: (error) => {
    const server = detail(error, 'server');
    return { title: 'Authentication failed', sentence: server === undefined ? ownWords(error) : `Enter the key for ${server} again. It was refused.`, actions: ['addModelServer', 'retry', 'changeModel'] };
  },
  model_not_found: (error) => {
    const [server, model] = [detail(error, 'server'), detail(error, 'model')];
    const sentence = server === undefined || model === undefined ? ownWords(error) : `Choose another model. ${server} does not have ${model}.`;
    return { title: 'Model not found', sentence, actions: ['changeModel', 'retry'] };
  },
  model_crashed: (error) => {
    const [server, tokens] = [detail(error, 'server'), detail(error, 'tokens')];
    const sentence = server === undefined || tokens === undefined ? ownWords(error) : `Retry, or choose a smaller model. ${server} closed the stream after ${tokens} tokens.`;
    return { title: 'Model crashed', sentence, actions: ['retry', 'changeModel'] };
  },
  context_overflow: (error) => {
    const [tokens, max] = [detail(error, 'tokens'), detail(error, 'max')];
    const sentence = tokens === undefined || max === undefined ? ownWords(error) : `Start a new session. ${tokens} of ${max} tokens.`;
    return { title: 'Conversation too long', sentence, actions: [] };
  },
  model_error: fixed('The model server reported an error', retryAndLog),
  model_rate_limited: fixed('Rate limited', ['retry']),
  model_out_of_credit: fixed('Out of credits', ['changeModel', 'retry']),
  timeout_first_token: fixed('The model did not begin to answer', ['retry']),
  timeout_idle: fixed('The model went silent', ['resume', 'retry']),
  timeout_total: fixed('The answer took too long', ['resume', 'retry']),
  empty_reply: () => ({ title: 'The model gave an empty reply', sentence: 'Retry, or choose another model.', actions: ['retry', 'changeModel'] }),
  budget_spent: (error) => ({ title: 'Stopped at its limit', sentence: ownWords(error), actions: ['resume'] }),
  storage_full: (error) => ({ title: 'Disk is full', sentence: `Free some space, then retry. ${withStop(error.message)}`, actions: ['retry'] }),
};

/** The words of an error card; an unknown class is drawn as `internal`. */
export function errorWords(error: ErrorInfo): ErrorWords {
  const words = Object.hasOwn(wordsByClass, error.class) ? wordsByClass[error.class] : undefined;
  if (words !== undefined) return words(error);
  const title = withoutStop(error.message.split('\n')[0] ?? '').slice(0, 200);
  return { title: title === '' ? 'Something failed in the gateway' : title, sentence: 'Retry, or send the log with your report.', actions: retryAndLog };
}

/** The card of a turn that used up its steps. */
export function iterationsSpentWords(error: ErrorInfo | undefined): ErrorWords {
  return { title: 'Stopped at its limit', sentence: error === undefined ? 'Continue to give it more steps.' : ownWords(error), actions: ['resume'] };
}
