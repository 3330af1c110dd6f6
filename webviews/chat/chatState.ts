import { applyEvent, messageText } from '../../server/protocol/transcript.ts';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Turn } from '../../server/protocol/messages.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import type { SessionEventParams, SessionSnapshot } from '../../server/protocol/sessions.ts';
import type { GatewayMessage, RelayError, UnsentMessage } from '../shared/relayMessages.ts';

/** An unsent message as the page holds it. */
export interface PendingMessage extends UnsentMessage {
  /** Why the gateway did not take it. */
  readonly error?: RelayError;
  /** The gateway has stored it; it is shown until its turn arrives. */
  readonly isStored?: boolean;
}

/** A queued message that is being changed in the composer. */
export interface QueuedEdit {
  readonly messageId: string;
  readonly sessionId: string;
  /** What stood in the composer before. */
  readonly draft: string;
}

/** How the connection stands. */
export interface ChatLink extends Omit<GatewayMessage, 'type' | 'ageMs'> {
  /** When this began, in ms of `monotonicMs`. */
  readonly since?: number;
}

/** Whether the gateway is there and answers. */
export function isAnswering(link: ChatLink): boolean {
  return link.state === 'connected' && link.isSilent !== true;
}

/** Everything the chat shows; it changes by whole new values only. */
export interface ChatState {
  readonly link: ChatLink;
  readonly isTrusted: boolean;
  /** Absent until the gateway has answered once. */
  readonly agents: ReadonlyMap<string, Agent> | undefined;
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  /** Agents whose sandbox was ready for a gateway that has ended, and is made again by the next: messages are taken meanwhile. */
  readonly returning: ReadonlySet<string>;
  /** When a model server took a new key, in the gateway's ms since 1970, by the name of the server: what it refused before can be retried. */
  readonly keysTaken: Readonly<Record<string, number>>;
  readonly agentId: string | undefined;
  readonly sessionId: string | undefined;
  readonly snapshot: SessionSnapshot | undefined;
  readonly pending: readonly PendingMessage[];
  /** Unsent text by session, or by agent before there is one. */
  readonly drafts: Readonly<Record<string, string>>;
  /** Steps that a person opened or folded, by `stepKey`. */
  readonly folds: Readonly<Record<string, boolean>>;
  readonly edit: QueuedEdit | undefined;
  /** When Stop was pressed, in ms of `monotonicMs`, by `attemptKey`: what was wished for one attempt says nothing about the next. */
  readonly stopAskedAt: Readonly<Record<string, number>>;
  /** The `attemptKey` of the attempt that a person asked for and that has not begun. */
  readonly retrying: string | undefined;
  readonly isLoadingOlder: boolean;
  /** The last thing that a person asked for and that failed, until the next one. */
  readonly failure: RelayError | undefined;
}

/** The state of a page that knows nothing yet. */
export const initialState: ChatState = {
  link: { state: 'connecting' },
  isTrusted: true,
  agents: undefined,
  sandboxes: new Map(),
  returning: new Set(),
  keysTaken: {},
  agentId: undefined,
  sessionId: undefined,
  snapshot: undefined,
  pending: [],
  drafts: {},
  folds: {},
  edit: undefined,
  stopAskedAt: {},
  retrying: undefined,
  isLoadingOlder: false,
  failure: undefined,
};

/** What an event of the session means for the state: the next one, or that some were missed in between. */
export type Received = { readonly state: ChatState; readonly isGap: false } | { readonly isGap: true };

/** Folds an event into the state; what was seen already changes nothing, and a hole is reported, not bridged. */
export function receiveEvent(state: ChatState, params: SessionEventParams): Received {
  const { snapshot } = state;
  if (snapshot === undefined || snapshot.session.id !== params.sessionId) return { state, isGap: false };
  if (params.prev > snapshot.seq) return { isGap: true };
  const next = applyEvent(snapshot, params);
  if (params.event.kind === 'message.removed') return { state: dropPending({ ...state, snapshot: next }, params.event.messageId), isGap: false };
  return { state: next === snapshot ? state : dropArrived({ ...state, snapshot: next }), isGap: false };
}

/** Takes a snapshot; older turns that join it without a hole are kept, so that a reader loses nothing. */
export function takeSnapshot(state: ChatState, fresh: SessionSnapshot): ChatState {
  return dropArrived({ ...state, agentId: fresh.session.agentId, sessionId: fresh.session.id, snapshot: joinOlder(state.snapshot, fresh) });
}

function joinOlder(known: SessionSnapshot | undefined, fresh: SessionSnapshot): SessionSnapshot {
  const first = fresh.turns[0];
  if (known === undefined || known.session.id !== fresh.session.id || first === undefined) return fresh;
  const older = known.turns.filter((turn) => turn.ordinal < first.ordinal);
  const overlaps = known.turns.some((turn) => turn.id === first.id);
  return older.length === 0 || !overlaps ? fresh : { ...fresh, turns: [...older, ...fresh.turns], hasOlderTurns: known.hasOlderTurns };
}

/** Puts older turns before those that are known. */
export function prependTurns(state: ChatState, sessionId: string, turns: readonly Turn[], hasOlderTurns: boolean): ChatState {
  const { snapshot } = state;
  if (snapshot === undefined || snapshot.session.id !== sessionId) return { ...state, isLoadingOlder: false };
  const first = snapshot.turns[0]?.ordinal ?? Number.POSITIVE_INFINITY;
  const older = turns.filter((turn) => turn.ordinal < first);
  return { ...state, isLoadingOlder: false, snapshot: { ...snapshot, turns: [...older, ...snapshot.turns], hasOlderTurns: hasOlderTurns && older.length > 0 } };
}

/** Goes to a session of an agent, or to an empty chat with it. */
export function goTo(state: ChatState, agentId: string | undefined, sessionId: string | undefined): ChatState {
  if (state.agentId === agentId && state.sessionId === sessionId) return state;
  const snapshot = sessionId !== undefined && state.snapshot?.session.id === sessionId ? state.snapshot : undefined;
  return { ...state, agentId, sessionId, snapshot, edit: undefined, failure: undefined, isLoadingOlder: false };
}

/** Adds a message that a person has just sent, and empties the composer. */
export function addPending(state: ChatState, message: PendingMessage): ChatState {
  const { [draftKey(state) ?? '']: _sent, ...drafts } = state.drafts;
  return { ...state, sessionId: message.sessionId, pending: [...state.pending, message], drafts, failure: undefined };
}

/** Changes one pending message. */
export function changePending(state: ChatState, messageId: string, change: (message: PendingMessage) => PendingMessage): ChatState {
  return { ...state, pending: state.pending.map((message) => (message.messageId === messageId ? change(message) : message)) };
}

/** Says that the gateway has stored a message: it leaves the list as soon as its turn is seen. */
export function markStored(state: ChatState, messageId: string): ChatState {
  return dropArrived(changePending(state, messageId, ({ error: _error, ...message }) => ({ ...message, isStored: true })));
}

/** Takes a message off the list. */
export function dropPending(state: ChatState, messageId: string): ChatState {
  return { ...state, pending: state.pending.filter((message) => message.messageId !== messageId) };
}

/** Stored messages whose turn is on screen are pending no longer. */
function dropArrived(state: ChatState): ChatState {
  const { snapshot } = state;
  if (snapshot === undefined || !state.pending.some((message) => message.isStored)) return state;
  const pending = state.pending.filter((message) => !message.isStored || message.sessionId !== snapshot.session.id || !hasArrived(snapshot, message.messageId));
  return pending.length === state.pending.length ? state : { ...state, pending };
}

function hasArrived(snapshot: SessionSnapshot, messageId: string): boolean {
  return snapshot.queue.some((turn) => turn.message.id === messageId) || snapshot.turns.some((turn) => turn.message.id === messageId);
}

/** The pending messages of the session on screen that no turn stands for. */
export function shownPending(state: ChatState): readonly PendingMessage[] {
  const { snapshot, sessionId } = state;
  return state.pending.filter((message) => message.sessionId === sessionId && (snapshot === undefined || !hasArrived(snapshot, message.messageId)));
}

/**
 * The message to send next: the oldest that nothing holds. A message that failed in a way that may pass holds the later ones of its session,
 * so that their order stays; one that can never be taken holds nobody.
 */
export function nextToSend(pending: readonly PendingMessage[]): PendingMessage | undefined {
  const held = new Set<string>();
  for (const message of pending) {
    if (message.isStored) continue;
    if (message.error === undefined && !held.has(message.sessionId)) return message;
    if (message.error === undefined || message.error.retryable) held.add(message.sessionId);
  }
  return undefined;
}

/** Under which name the draft of the chat on screen is kept. */
export function draftKey(state: Pick<ChatState, 'agentId' | 'sessionId'>): string | undefined {
  return state.sessionId ?? (state.agentId === undefined ? undefined : `agent:${state.agentId}`);
}

/** The text in the composer. */
export function draftOf(state: ChatState): string {
  return state.drafts[draftKey(state) ?? ''] ?? '';
}

/** Keeps what is typed; the oldest drafts go when there are over fifty. */
export function setDraft(state: ChatState, text: string): ChatState {
  const key = draftKey(state);
  if (key === undefined) return state;
  const { [key]: _old, ...others } = state.drafts;
  const kept = Object.fromEntries(Object.entries(others).slice(-49));
  return { ...state, drafts: text === '' ? kept : { ...kept, [key]: text } };
}

/** The turn that runs in the session on screen. */
export function runningTurn(state: Pick<ChatState, 'snapshot'>): Turn | undefined {
  return state.snapshot?.turns.findLast((turn) => turn.state === 'running');
}

/** The turn that is about to run, as nothing runs and nothing holds it: it stands in the transcript and not among those that wait. */
export function startingTurn(state: Pick<ChatState, 'snapshot'>): Turn | undefined {
  const { snapshot } = state;
  if (snapshot === undefined || snapshot.session.isQueueHeld || isDeleted(state) || runningTurn(state) !== undefined) return undefined;
  return snapshot.queue[0];
}

/** The same as the message that it was, so that nothing on screen changes on its way from one to the other. */
export function startingMessages(state: ChatState): readonly PendingMessage[] {
  const turn = startingTurn(state);
  if (turn === undefined) return [];
  const { message, sessionId } = turn;
  return [{ messageId: message.id, sessionId, agentId: state.agentId ?? '', text: messageText(message), createdAt: message.createdAt, isFirst: false, isStored: true }];
}

/** Names the attempt that runs, or the next one of a turn that does not. */
export function attemptKey(turn: Turn): string {
  const last = turn.attempts.at(-1)?.number ?? 0;
  return `${turn.id} ${turn.state === 'running' ? last : last + 1}`;
}

/** The turn whose attempt Stop would stop: the one that runs, the one that a person has just asked to go on, else the message that is about to run. */
export function stoppableTurn(state: Pick<ChatState, 'snapshot' | 'retrying'>): Turn | undefined {
  const { snapshot, retrying } = state;
  const asked = retrying === undefined ? undefined : snapshot?.turns.findLast((turn) => attemptKey(turn) === retrying);
  return runningTurn(state) ?? asked ?? startingTurn(state);
}

/** Whether the session on screen was deleted: it can be read, and restored. */
export function isDeleted<S extends Pick<ChatState, 'snapshot'>>(state: S): state is S & { readonly snapshot: SessionSnapshot } {
  return state.snapshot?.session.deletedAt !== undefined;
}

/** Whether nothing can be made to run in the session on screen. */
export function isReadOnly(state: Pick<ChatState, 'snapshot' | 'isTrusted'>): boolean {
  return isDeleted(state) || !state.isTrusted;
}

/** The agent on screen. */
export function currentAgent(state: ChatState): Agent | undefined {
  return state.agentId === undefined ? undefined : state.agents?.get(state.agentId);
}

/** The sandbox of the agent on screen. */
export function currentSandbox(state: ChatState): Sandbox | undefined {
  return state.agentId === undefined ? undefined : state.sandboxes.get(state.agentId);
}
