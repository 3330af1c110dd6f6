import { maxMessageChars } from '../../server/protocol/messageLimit.ts';
import { messageText } from '../../server/protocol/transcript.ts';
import type { Turn } from '../../server/protocol/messages.ts';
import { gatewayClock } from '../shared/gatewayClock.ts';
import { monotonicMs } from '../shared/monotonic.ts';
import type { RelayError, ShowMessage } from '../shared/relayMessages.ts';
import { RelayFailure, relayErrorOf } from '../shared/hostLink.ts';
import type { HostLink, HostNotice } from '../shared/hostLink.ts';
import { addPending, attemptKey, changePending, currentAgent, draftOf, dropPending, goTo, isReadOnly, runningTurn, setDraft, shownPending, stoppableTurn } from './chatState.ts';
import type { ChatStore } from './chatStore.ts';
import { MessageSender } from './messageSender.ts';
import { SessionFollower } from './sessionFollower.ts';
import { TopicFollower } from './topicFollower.ts';
import { UnsentKeeper } from './unsentKeeper.ts';

const pageSize = 50;
/** For a reader who goes far back at once; as many as the gateway gives. */
const farPageSize = 200;

/** Where a driver gets what a test wants to choose. */
export interface DriverMeans {
  readonly newId: () => string;
  readonly now: () => number;
  /** Puts the caret into the composer. */
  readonly focusComposer: () => void;
}

/** What a person can do in the chat, and how the page answers the host: each action changes the state at once and asks the gateway. */
export class ChatDriver {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  readonly #means: DriverMeans;
  readonly #session: SessionFollower;
  readonly #topics: TopicFollower;
  readonly #sender: MessageSender;
  readonly #unsent: UnsentKeeper;
  /** The same wish said twice carries the same id. */
  readonly #retryIds = new Map<string, string>();
  #wantsLatestOf: string | undefined;

  constructor(store: ChatStore, link: HostLink, means: DriverMeans) {
    this.#store = store;
    this.#link = link;
    this.#means = means;
    this.#session = new SessionFollower(store, link, means.newId);
    this.#topics = new TopicFollower(store, link, means.newId);
    this.#sender = new MessageSender(store, link, () => this.#session.follow());
    this.#unsent = new UnsentKeeper(store, link);
  }

  /** Takes what the host says. */
  take(notice: HostNotice): void {
    switch (notice.type) {
      case 'gateway': {
        const { type: _type, ageMs, ...rest } = notice;
        const link = { ...rest, ...(ageMs === undefined ? {} : { since: monotonicMs() - ageMs }) };
        const wasConnected = this.#store.isConnected;
        this.#store.update((state) => ({ ...state, link }));
        this.#session.follow();
        if (notice.state === 'connected' && !wasConnected) void this.#arrive();
        return;
      }
      case 'event':
        if (notice.name === 'sessions/event') this.#session.receive(notice.params);
        else if (notice.name === 'sessions/reset') this.#session.reset(notice.params);
        else this.#topics.receive(notice.params);
        return;
      case 'host':
        this.#store.update((state) => ({ ...state, isTrusted: notice.isTrusted }));
        return;
      case 'key':
        this.#store.update((state) => ({ ...state, keysTaken: { ...state.keysTaken, [notice.serverName]: gatewayClock.now() } }));
        return;
      case 'unsent':
        this.#unsent.take(notice);
        this.#session.follow();
        return;
      case 'show':
        this.#show(notice);
    }
  }

  /** Sends text as a message of the session on screen, creating the session when there is none; true when it was taken. */
  send(text: string): boolean {
    const { state } = this.#store;
    const { agentId } = state;
    if (agentId === undefined || isReadOnly(state) || !isSendable(text)) return false;
    const sessionId = state.sessionId ?? this.#means.newId();
    const isFirst = state.sessionId === undefined || state.pending.some((other) => other.sessionId === sessionId && other.isFirst);
    const message = { messageId: this.#means.newId(), sessionId, agentId, text, createdAt: this.#means.now(), isFirst };
    this.#store.update((before) => addPending(before, message));
    void this.#sender.flush();
    return true;
  }

  /** Tries a message again that the gateway did not take. */
  resend(messageId: string): void {
    this.#store.update((state) => changePending(state, messageId, ({ error: _error, ...message }) => message));
    void this.#sender.flush();
  }

  /** Removes a message that the gateway has not taken. */
  removePending(messageId: string): void {
    this.#store.update((state) => dropPending(state, messageId));
    void this.#sender.flush();
  }

  /** Keeps what is typed. */
  type(text: string): void {
    this.#store.update((state) => setDraft(state, text));
  }

  /** Stops the running attempt, the one that was just asked for, else the message that is about to run; said again it is the same wish. */
  stop(): void {
    const { state } = this.#store;
    const turn = stoppableTurn(state);
    if (turn !== undefined) {
      const key = attemptKey(turn);
      this.#store.update((before) => ({ ...before, stopAskedAt: { ...before.stopAskedAt, [key]: before.stopAskedAt[key] ?? monotonicMs() } }));
      void this.#ask(this.#link.request('chat/stop', { sessionId: turn.sessionId, turnId: turn.id }));
      return;
    }
    const message = shownPending(state).find((one) => one.error === undefined);
    if (message !== undefined && this.#store.isConnected) void this.#ask(this.#link.request('chat/stop', { sessionId: message.sessionId, messageId: message.messageId }));
  }

  /** Makes a new attempt at a turn that ended. */
  retry(turnId: string, mode: 'retry' | 'resume'): void {
    const { snapshot } = this.#store.state;
    const turn = snapshot?.turns.find((one) => one.id === turnId);
    if (turn === undefined) return;
    const key = attemptKey(turn);
    const retryId = this.#retryIds.get(key) ?? this.#means.newId();
    this.#retryIds.set(key, retryId);
    this.#store.update((state) => ({ ...state, retrying: key }));
    const answer = this.#ask(this.#link.request('chat/retry', { sessionId: turn.sessionId, turnId, retryId, mode }), () => this.#retryIds.delete(key));
    void answer.then((isTaken) => this.#attemptAnswered(key, turn, isTaken));
  }

  /** A stop that overtook its attempt found nothing to stop, so it is said again. */
  #attemptAnswered(key: string, { id: turnId, sessionId }: Turn, isTaken: boolean): void {
    if (!isTaken) this.#store.update((state) => (state.retrying === key ? { ...state, retrying: undefined } : state));
    else if (this.#store.state.stopAskedAt[key] !== undefined) void this.#ask(this.#link.request('chat/stop', { sessionId, turnId }));
  }

  /** Takes a queued message into the composer to change it. */
  beginEdit(messageId: string): void {
    const turn = this.#store.state.snapshot?.queue.find((one) => one.message.id === messageId);
    if (turn === undefined) return;
    const text = messageText(turn.message);
    this.#store.update((state) => setDraft({ ...state, edit: { messageId, sessionId: turn.sessionId, draft: state.edit?.draft ?? draftOf(state) } }, text));
    this.#means.focusComposer();
  }

  /** Ends the change of a queued message without it. */
  cancelEdit(): void {
    this.#store.update((state) => (state.edit === undefined ? state : setDraft({ ...state, edit: undefined }, state.edit.draft)));
  }

  /** Saves the change of a queued message; one that has begun by then keeps its words, and the text stays in the composer. */
  async saveEdit(text: string): Promise<void> {
    const { edit } = this.#store.state;
    if (edit === undefined || !isSendable(text)) return;
    const isSaved = await this.#ask(this.#link.request('chat/editQueued', { sessionId: edit.sessionId, messageId: edit.messageId, text }));
    if (this.#store.state.edit?.messageId !== edit.messageId) return;
    if (isSaved) this.cancelEdit();
    else if (this.#store.isConnected) this.#store.update((state) => ({ ...state, edit: undefined }));
  }

  /** Removes a message that waits in the queue. */
  removeQueued(messageId: string): void {
    const { sessionId, edit } = this.#store.state;
    if (sessionId === undefined) return;
    if (edit?.messageId === messageId) this.cancelEdit();
    void this.#ask(this.#link.request('chat/removeQueued', { sessionId, messageId }));
  }

  /** Lets a queue go on that was held. */
  sendQueued(): void {
    const { sessionId } = this.#store.state;
    if (sessionId !== undefined) void this.#ask(this.#link.request('chat/sendQueued', { sessionId }));
  }

  /** Starts the sandbox of the agent on screen. */
  startSandbox(): void {
    const { agentId } = this.#store.state;
    if (agentId !== undefined) void this.#ask(this.#link.request('sandboxes/start', { agentId }));
  }

  /** Reads older turns back. */
  loadOlder(isFar = false): void {
    void this.#session.loadOlder(isFar ? farPageSize : pageSize);
  }

  /** Remembers that a person opened or folded a step. */
  fold(key: string, isOpen: boolean): void {
    this.#store.update((state) => ({ ...state, folds: { ...state.folds, [key]: isOpen } }));
  }

  /** Takes the last failure off the screen. */
  dismissFailure(): void {
    this.#store.update((state) => ({ ...state, failure: undefined }));
    this.#session.follow();
  }

  #show(message: ShowMessage): void {
    if (message.what === 'stop') return this.stop();
    if (message.what === 'newSession') this.#go(message.agentId ?? this.#store.state.agentId, undefined);
    if (message.what === 'agent') this.#showAgent(message.agentId, message.sessionId);
    if (message.isQuiet !== true) this.#means.focusComposer();
  }

  #showAgent(agentId: string, sessionId: string | undefined): void {
    if (sessionId !== undefined) return this.#go(agentId, sessionId);
    if (agentId === this.#store.state.agentId && this.#store.state.sessionId !== undefined) return;
    this.#go(agentId, undefined);
    this.#wantsLatestOf = agentId;
    if (this.#store.isConnected) void this.#openLatest();
  }

  #go(agentId: string | undefined, sessionId: string | undefined): void {
    this.#wantsLatestOf = undefined;
    this.#store.update((state) => goTo(state, agentId, sessionId));
    this.#session.follow();
  }

  /** After each connection: messages that wait go out, a wish to stop is said again, lists are read, and something to show is chosen. */
  async #arrive(): Promise<void> {
    void this.#sender.flush();
    const turn = runningTurn(this.#store.state);
    if (turn !== undefined && this.#store.state.stopAskedAt[attemptKey(turn)] !== undefined && !turn.isStopping) this.stop();
    await this.#topics.follow();
    const { agents, agentId } = this.#store.state;
    if (agents === undefined) return;
    if (agentId !== undefined && currentAgent(this.#store.state) === undefined) this.#go(undefined, undefined);
    if (this.#store.state.agentId === undefined && agents.size > 0) await this.#chooseFirst();
    else await this.#openLatest();
  }

  /** With nothing chosen, the conversation that changed last is shown, else the first agent. */
  async #chooseFirst(): Promise<void> {
    const page = await this.#list({ limit: 1 });
    const { state } = this.#store;
    if (page === undefined || state.agentId !== undefined) return;
    const latest = page.items[0];
    if (latest !== undefined && state.agents?.has(latest.agentId)) return this.#go(latest.agentId, latest.id);
    this.#go(state.agents?.keys().next().value, undefined);
  }

  async #openLatest(): Promise<void> {
    const agentId = this.#wantsLatestOf;
    if (agentId === undefined) return;
    const page = await this.#list({ agentId, limit: 1 });
    const latest = page?.items[0];
    if (latest !== undefined && this.#wantsLatestOf === agentId && this.#store.state.sessionId === undefined) this.#go(agentId, latest.id);
  }

  #list(params: { agentId?: string; limit: number }) {
    return this.#link.request('sessions/list', params).catch(() => undefined);
  }

  /** Waits for an answer; a failure is shown at the composer, save that the gateway is away, which the page says anyway. */
  async #ask(answer: Promise<unknown>, onRefused?: (error: RelayError) => void): Promise<boolean> {
    try {
      await answer;
      this.#store.update((state) => (state.failure === undefined ? state : { ...state, failure: undefined }));
      return true;
    } catch (thrown) {
      if (!(thrown instanceof RelayFailure)) throw thrown;
      const error = relayErrorOf(thrown);
      if (error.class !== 'offline') {
        onRefused?.(error);
        this.#store.update((state) => ({ ...state, failure: error }));
      }
      return false;
    }
  }
}

/** Neither blank nor longer than a message may be. */
function isSendable(text: string): boolean {
  return text.trim() !== '' && text.length <= maxMessageChars;
}
