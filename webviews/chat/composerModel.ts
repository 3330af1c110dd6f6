import type { Turn } from '../../server/protocol/messages.ts';
import { maxMessageChars } from '../../server/protocol/messageLimit.ts';
import type { RelayError } from '../shared/relayMessages.ts';
import { attemptKey, currentAgent, currentSandbox, draftOf, isDeleted, isReadOnly, runningTurn, shownPending, startingTurn, stoppableTurn } from './chatState.ts';
import type { ChatState, PendingMessage } from './chatState.ts';
import { withoutStop } from './words.ts';

/** The exact words of the lock while a sandbox is on its way. */
export const provisioningWords = 'sandbox is provisioning, chat will unlock when ready.';

/** Why nothing can be written. */
export type ComposerLock =
  | { readonly kind: 'provisioning' }
  | { readonly kind: 'failed'; readonly cause: string; readonly canStart: boolean }
  | { readonly kind: 'untrusted' }
  | { readonly kind: 'deleted'; readonly sessionId: string };

/** How Stop stands: nothing to stop, ready to be pressed, or asked for; `at` is absent where another page asked. */
export type StopState = { readonly kind: 'none' } | { readonly kind: 'ready' } | { readonly kind: 'asked'; readonly attempt: string; readonly at?: number };

/** Everything the composer draws. */
export interface ComposerModel {
  readonly agentName: string;
  readonly draft: string;
  readonly lock: ComposerLock | undefined;
  /** How many characters the draft has, when they are more than a message holds. */
  readonly tooLong: number | undefined;
  readonly stop: StopState;
  readonly isRunning: boolean;
  readonly queue: readonly Turn[];
  /** Messages on their way to the queue behind a running turn. */
  readonly pendingQueue: readonly PendingMessage[];
  readonly isQueueHeld: boolean;
  /** What waits can be changed and sent: the session is there and the workspace is trusted. */
  readonly isQueueOpen: boolean;
  /** Why the queue is held, such as `held since you stopped`. */
  readonly heldWords: string;
  readonly isEditing: boolean;
  readonly link: ChatState['link'];
  /** The gateway has answered this page before. */
  readonly wasConnected: boolean;
  readonly failure: RelayError | undefined;
}

/** What the composer draws for a state. */
export function composerModel(state: ChatState): ComposerModel {
  const turn = runningTurn(state);
  const draft = draftOf(state);
  const starting = startingTurn(state);
  const queue = (state.snapshot?.queue ?? []).filter((one) => one !== starting);
  const isHeld = state.snapshot?.session.isQueueHeld ?? false;
  return {
    agentName: currentAgent(state)?.name ?? '',
    draft,
    tooLong: draft.length > maxMessageChars ? draft.length : undefined,
    lock: lockOf(state),
    stop: stopState(state),
    isRunning: turn !== undefined,
    queue,
    pendingQueue: queuedPending(state),
    isQueueHeld: (isHeld || isDeleted(state)) && queue.length > 0,
    isQueueOpen: !isReadOnly(state),
    heldWords: heldWords(state),
    isEditing: state.edit !== undefined,
    link: state.link,
    wasConnected: state.agents !== undefined,
    failure: state.failure,
  };
}

function heldWords(state: ChatState): string {
  if (isDeleted(state)) return 'kept with the session';
  const outcome = state.snapshot?.turns.at(-1)?.attempts.at(-1)?.outcome;
  if (outcome === 'stopped') return 'held since you stopped';
  return outcome === 'failed' ? 'held since the last answer failed' : 'held since the last answer did not finish';
}

/** Pending messages that will queue behind a running turn stand with the queue, all others in the transcript. */
export function queuedPending(state: ChatState): readonly PendingMessage[] {
  if (runningTurn(state) === undefined || state.link.state !== 'connected') return [];
  return shownPending(state).filter((message) => message.error === undefined);
}

function lockOf(state: ChatState): ComposerLock | undefined {
  if (!state.isTrusted) return { kind: 'untrusted' };
  if (isDeleted(state)) return { kind: 'deleted', sessionId: state.snapshot.session.id };
  if (state.link.state !== 'connected') return undefined;
  const sandbox = currentSandbox(state);
  if (sandbox?.phase === 'starting') return state.returning.has(sandbox.agentId) ? undefined : { kind: 'provisioning' };
  if (sandbox?.phase !== 'failed') return undefined;
  const cause = withoutStop(sandbox.error?.message ?? 'the engine gave no cause');
  return { kind: 'failed', cause, canStart: sandbox.error?.class !== 'sandbox_unsupported' && sandbox.error?.class !== 'policy_unenforceable' };
}

function stopState(state: ChatState): StopState {
  const turn = stoppableTurn(state);
  const attempt = turn === undefined ? undefined : attemptKey(turn);
  const at = attempt === undefined ? undefined : state.stopAskedAt[attempt];
  // A turn whose gateway is away cannot be told anything; a wish to stop that was said before stays.
  if (state.link.state !== 'connected' && at === undefined) return { kind: 'none' };
  if (attempt === undefined) {
    const isOnItsWay = shownPending(state).some((message) => message.error === undefined);
    return isOnItsWay ? { kind: 'ready' } : { kind: 'none' };
  }
  if (at !== undefined) return { kind: 'asked', attempt, at };
  return turn?.isStopping ? { kind: 'asked', attempt } : { kind: 'ready' };
}
