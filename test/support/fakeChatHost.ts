import { randomUUID } from 'node:crypto';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Turn } from '../../server/protocol/messages.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import type { Session, SessionEvent, SessionEventParams, SessionSnapshot } from '../../server/protocol/sessions.ts';
import { applyEvent } from '../../server/protocol/transcript.ts';
import { RelayFailure } from '../../webviews/shared/hostLink.ts';
import type { CommandMessage, FromWebview, GatewayMessage, RelayError, RequestMessage, ToWebview, UnsentMessage } from '../../webviews/shared/relayMessages.ts';

const pageSize = 50;

interface StoredSession {
  view: SessionSnapshot;
  readonly log: Omit<SessionEventParams, 'subscriptionId' | 'prev'>[];
}

/** Makes an error as the relay answers it. */
export function relayError(errorClass: RelayError['class'], message: string, retryable = false): RelayError {
  return { class: errorClass, message, cause: 'test', hint: 'Do the next step.', retryable };
}

/**
 * The other end of a webview: a relay with a small gateway in memory behind it. Sessions have stored, numbered events, subscriptions resume,
 * messages are stored once by id. Tests drive turns by `emit`.
 */
export class FakeChatHost {
  readonly agents = new Map<string, Agent>();
  readonly sandboxes = new Map<string, Sandbox>();
  readonly sessions = new Map<string, StoredSession>();
  readonly commands: CommandMessage[] = [];
  readonly requests: RequestMessage[] = [];
  /** How often `chat/send` stored a message, by id: never more than once. */
  readonly stored = new Map<string, { text: string; turnId: string; seq: number }>();
  /** Answers to be given instead, by method, each once. */
  readonly refusals = new Map<string, RelayError[]>();
  /** Methods whose answers are lost: carried out, and the connection ends before the answer. */
  readonly lostAnswers = new Set<string>();
  /** Methods that wait until `release`. */
  readonly held = new Set<string>();
  /** What the extension keeps of unsent messages, by id; undefined once dropped. */
  readonly unsent = new Map<string, UnsentMessage | undefined>();
  isConnected = true;
  isTrusted = true;
  /** The clipboard takes what is copied. */
  canCopy = true;
  post: (message: ToWebview) => void = () => undefined;
  readonly #subscriptions = new Map<string, { sessionId: string; last: number }>();
  readonly #waiting: RequestMessage[] = [];
  #topics: string | undefined;
  #revisions = { agents: 1, sandboxes: 1 };
  #startId = randomUUID();

  /** Takes what the webview posted. */
  receive(message: FromWebview): void {
    if (message.type === 'ready') {
      this.post({ type: 'host', isTrusted: this.isTrusted });
      this.postUnsent();
      this.#postGateway(this.isConnected ? { type: 'gateway', state: 'connected' } : { type: 'gateway', state: 'offline', cause: 'it is not running' });
    } else if (message.type === 'command') this.#command(message);
    else if (message.type === 'request') this.#request(message);
    else if (message.type === 'keep' && !this.unsent.has(message.message.messageId)) this.unsent.set(message.message.messageId, message.message);
    else if (message.type === 'drop') this.unsent.set(message.messageId, undefined);
  }

  #command(message: CommandMessage): void {
    this.commands.push(message);
    if (message.command === 'copyText') this.post({ type: 'copied', copyId: message.args.copyId, isCopied: this.canCopy });
  }

  /** Says what the extension keeps, as it does at `ready` and before each `connected`. */
  postUnsent(): void {
    const messages = [...this.unsent.values()].filter((message) => message !== undefined);
    this.post({ type: 'unsent', messages, goneIds: [...this.unsent].flatMap(([id, message]) => (message === undefined ? [id] : [])) });
  }

  /** Ends the connection: subscriptions are gone, what was asked stays unanswered. */
  disconnect(cause = 'the gateway was killed', state: 'connecting' | 'offline' = 'connecting', sinceAt = Date.now()): void {
    this.isConnected = false;
    this.#subscriptions.clear();
    this.#topics = undefined;
    this.#waiting.length = 0;
    this.#postGateway({ type: 'gateway', state, cause, ageMs: Date.now() - sinceAt });
  }

  /** Brings the gateway back, by default as another process. */
  connect(isNewStart = true): void {
    this.isConnected = true;
    if (isNewStart) this.#startId = randomUUID();
    this.postUnsent();
    this.#postGateway({ type: 'gateway', state: 'connected', ageMs: 0 });
  }

  /** The gateway is there and does not answer, for so long already. */
  fallSilent(ageMs: number): void {
    this.#postGateway({ type: 'gateway', state: 'connected', isSilent: true, ageMs });
  }

  /** Answers what was held. */
  release(method: string): void {
    this.held.delete(method);
    const waiting = this.#waiting.splice(0);
    for (const message of waiting) this.#request(message);
  }

  /** Stores an event and sends it to whom it concerns. */
  emit(sessionId: string, event: SessionEvent, turnId?: string, at = Date.now()): number {
    const session = this.#session(sessionId);
    const seq = session.view.seq + 1;
    const placed = { sessionId, seq, at, event, ...(turnId === undefined ? {} : { turnId }) };
    session.log.push(placed);
    session.view = applyEvent(session.view, placed);
    for (const [subscriptionId, subscription] of [...this.#subscriptions]) {
      if (subscription.sessionId !== sessionId) continue;
      this.post({ type: 'event', name: 'sessions/event', params: { ...placed, subscriptionId, prev: subscription.last } });
      subscription.last = seq;
    }
    return seq;
  }

  /** Stores an event that the subscribers are not sent, so that they meet a hole. */
  emitUnsent(sessionId: string, event: SessionEvent, turnId?: string): void {
    const session = this.#session(sessionId);
    const placed = { sessionId, seq: session.view.seq + 1, at: Date.now(), event, ...(turnId === undefined ? {} : { turnId }) };
    session.log.push(placed);
    session.view = applyEvent(session.view, placed);
    for (const subscription of this.#subscriptions.values()) if (subscription.sessionId === sessionId) subscription.last = placed.seq;
  }

  /** Tells the subscribers that they fell behind. */
  reset(sessionId: string, reason: 'behind' | 'deleted'): void {
    for (const [subscriptionId, subscription] of [...this.#subscriptions]) {
      if (subscription.sessionId === sessionId) this.post({ type: 'event', name: 'sessions/reset', params: { subscriptionId, sessionId, reason } });
    }
  }

  /** Sets an agent or a sandbox and tells the subscribers. */
  setAgent(agent: Agent): void {
    this.agents.set(agent.id, agent);
    this.#change('agents', { topic: 'agents', id: agent.id, item: agent });
  }
  /** Deletes an agent and tells the subscribers. */
  removeAgent(agentId: string): void {
    this.agents.delete(agentId);
    this.#change('agents', { topic: 'agents', id: agentId });
  }
  setSandbox(sandbox: Sandbox): void {
    this.sandboxes.set(sandbox.agentId, sandbox);
    this.#change('sandboxes', { topic: 'sandboxes', id: sandbox.agentId, item: sandbox });
  }

  /** Puts a session with turns that happened before. */
  addSession(session: Session, turns: readonly Turn[] = [], queue: readonly Turn[] = []): void {
    this.sessions.set(session.id, { view: { session, turns: [...turns], queue: [...queue], seq: 100, hasOlderTurns: false }, log: [] });
  }

  #change(topic: 'agents' | 'sandboxes', change: Extract<ToWebview, { name: 'gateway/event' }>['params']['change']): void {
    this.#revisions[topic] += 1;
    if (this.#topics === undefined) return;
    this.post({ type: 'event', name: 'gateway/event', params: { subscriptionId: this.#topics, startId: this.#startId, revision: this.#revisions[topic], change } });
  }

  #postGateway(message: GatewayMessage): void {
    this.post(message);
  }

  #session(sessionId: string): StoredSession {
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error(`no session ${sessionId}`);
    return session;
  }

  #request(message: RequestMessage): void {
    this.requests.push(message);
    if (!this.isConnected) return this.#refuse(message, relayError('offline', 'The gateway is away.', true));
    if (this.held.has(message.method)) {
      this.#waiting.push(message);
      return;
    }
    const refusal = this.refusals.get(message.method)?.shift();
    if (refusal !== undefined) return this.#refuse(message, refusal);
    try {
      const result = this.#answer(message.method, message.params as Record<string, never>);
      if (this.lostAnswers.delete(message.method)) return this.disconnect();
      this.post({ type: 'response', id: message.id, result });
    } catch (error) {
      this.#refuse(message, error instanceof RelayFailure ? error.info : relayError('internal', String(error)));
      return;
    }
    if (message.method === 'sessions/subscribe') this.#replay(message.params as { subscriptionId: string });
  }

  #refuse(message: RequestMessage, error: RelayError): void {
    this.post({ type: 'response', id: message.id, error });
  }

  #answer(method: string, params: Record<string, never>): unknown {
    const { sessionId, messageId, text, agentId } = params as Record<string, string>;
    switch (method) {
      case 'gateway/subscribe':
        this.#topics = (params as Record<string, string>)['subscriptionId'];
        return { startId: this.#startId, agents: { revision: this.#revisions.agents, items: [...this.agents.values()] }, sandboxes: { revision: this.#revisions.sandboxes, items: [...this.sandboxes.values()] } };
      case 'sessions/list': {
        const all = [...this.sessions.values()].map(({ view }) => view.session).filter((session) => agentId === undefined || session.agentId === agentId);
        return { items: all.sort((a, b) => b.updatedAt - a.updatedAt).slice(0, 1) };
      }
      case 'sessions/create':
        if (!this.sessions.has(sessionId ?? '')) this.addSession(makeSession({ id: sessionId ?? '', agentId: agentId ?? '' }));
        return this.#session(sessionId ?? '').view.session;
      case 'sessions/subscribe':
        return this.#subscribe(params as unknown as { subscriptionId: string; sessionId: string; after?: number });
      case 'sessions/turns':
        return this.#turns(sessionId ?? '', params);
      case 'unsubscribe':
        this.#subscriptions.delete((params as Record<string, string>)['subscriptionId'] ?? '');
        return {};
      case 'chat/send':
        return this.#send(sessionId ?? '', messageId ?? '', text ?? '');
      default:
        return {};
    }
  }

  #subscribe({ subscriptionId, sessionId, after }: { subscriptionId: string; sessionId: string; after?: number }): unknown {
    if (!this.sessions.has(sessionId)) throw new RelayFailure(relayError('not_found', 'There is no such session.'));
    const { view } = this.#session(sessionId);
    const isKnown = after !== undefined && after <= view.seq && after >= 100;
    this.#subscriptions.set(subscriptionId, { sessionId, last: isKnown ? after : view.seq });
    if (isKnown) return { resumed: true, at: Date.now() };
    const turns = view.turns.slice(-pageSize);
    return { resumed: false, at: Date.now(), snapshot: { ...view, turns, hasOlderTurns: turns.length < view.turns.length } };
  }

  #replay({ subscriptionId }: { subscriptionId: string }): void {
    const subscription = this.#subscriptions.get(subscriptionId);
    if (subscription === undefined) return;
    for (const placed of this.#session(subscription.sessionId).log.filter((one) => one.seq > subscription.last)) {
      this.post({ type: 'event', name: 'sessions/event', params: { ...placed, subscriptionId, prev: subscription.last } });
      subscription.last = placed.seq;
    }
  }

  #turns(sessionId: string, { before = Infinity, limit = pageSize }: { before?: number; limit?: number }): unknown {
    const older = this.#session(sessionId).view.turns.filter((turn) => turn.ordinal < before);
    const turns = older.slice(-limit);
    return { turns, hasOlderTurns: turns.length < older.length };
  }

  #send(sessionId: string, messageId: string, text: string): unknown {
    if (!this.sessions.has(sessionId)) throw new RelayFailure(relayError('not_found', 'There is no such session.'));
    const known = this.stored.get(messageId);
    if (known !== undefined) {
      if (known.text !== text) throw new RelayFailure(relayError('conflict', 'This id was used with other content.'));
      return { turnId: known.turnId, seq: known.seq };
    }
    const { view } = this.#session(sessionId);
    const turn = makeTurn({ sessionId, ordinal: view.turns.length + view.queue.length + 1, text, messageId });
    const seq = this.emit(sessionId, { kind: 'turn.queued', turn });
    this.stored.set(messageId, { text, turnId: turn.id, seq });
    return { turnId: turn.id, seq };
  }
}

/** Makes a session. */
export function makeSession(given: Partial<Session> = {}): Session {
  return { id: randomUUID(), agentId: randomUUID(), title: 'Flaky retry test', createdAt: 0, updatedAt: 0, messageCount: 0, state: 'idle', isQueueHeld: false, revision: 1, ...given };
}

/** Makes a turn that waits. */
export function makeTurn(given: { sessionId: string; ordinal: number; text: string; messageId?: string }): Turn {
  const { sessionId, ordinal, text, messageId = randomUUID() } = given;
  const message = { id: messageId, role: 'user' as const, parts: [{ kind: 'text' as const, partId: `${messageId}-text`, text }], origin: { kind: 'client' as const, name: 'vscode' }, createdAt: 0 };
  return { id: randomUUID(), sessionId, ordinal, state: 'queued', message, attempts: [], queuedAt: 0 };
}

/** Makes an agent. */
export function makeAgent(given: Partial<Agent> = {}): Agent {
  return {
    id: randomUUID(),
    name: 'Coder',
    soul: { slug: 'app-development', name: 'App development', summary: 'Writes and mends programs.' },
    tools: ['run_command'],
    runtime: 'local',
    model: { kind: 'auto' },
    route: { serverId: 'lmstudio', serverName: 'LM Studio', model: 'qwen3-coder:30b', address: 'localhost:1234', isTiny: false, supportsTools: true },
    policy: { name: 'workspace-only', words: 'Reads home, writes in workspace only, no network' },
    state: 'ready',
    sessionCount: 0,
    deletedSessionCount: 0,
    revision: 1,
    createdAt: 0,
    ...given,
  };
}

/** Makes the sandbox of an agent. */
export function makeSandbox(agentId: string, given: Partial<Sandbox> = {}): Sandbox {
  return { agentId, label: 'logos-coder', engine: 'bubblewrap', phase: 'ready', reachable: true, apiHealthy: true, isChatReady: true, runningTasks: 0, limits: [], ...given };
}
