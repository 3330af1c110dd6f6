import { v7 } from 'uuid';
import type { ErrorInfo } from '../../../server/protocol/errors.ts';
import type { Message, Turn, TurnOutcome } from '../../../server/protocol/messages.ts';
import type { SessionEvent, SessionEventParams, SessionSnapshot } from '../../../server/protocol/sessions.ts';
import { applyEvent } from '../../../server/protocol/transcript.ts';
import type { RpcClient } from '../client/rpcClient.ts';

/** A message that a person sent. */
export interface SentMessage {
  readonly messageId: string;
  readonly text: string;
}

/** How a turn ended, as its events told it. */
export interface TurnEnd {
  readonly outcome: TurnOutcome;
  readonly error: ErrorInfo | undefined;
  /** The text parts of the assistant's message, joined. */
  readonly text: string;
  readonly message: Message | undefined;
}

type EventOf<K extends SessionEvent['kind']> = Extract<SessionEvent, { kind: K }>;

/** One subscriber of one session that outlives connections: it resumes, checks every number, and holds the view as a client would. */
export class SessionWatch {
  readonly sessionId: string;
  readonly sent: SentMessage[] = [];
  readonly events: SessionEventParams[] = [];
  #client: RpcClient;
  #subscriptionId = '';
  #readUpTo = 0;
  #view: SessionSnapshot | undefined;

  constructor(client: RpcClient, sessionId: string) {
    this.#client = client;
    this.sessionId = sessionId;
  }

  get client(): RpcClient {
    return this.#client;
  }

  /** The session as a view that folds every event would draw it. */
  get view(): SessionSnapshot {
    this.#take();
    if (this.#view === undefined) throw new Error('not subscribed');
    return this.#view;
  }

  /** Subscribes; on a later connection resumes behind the last event, and throws when the gateway does not know that place. */
  async attach(client: RpcClient): Promise<void> {
    this.#take();
    this.#client = client;
    this.#readUpTo = client.received.length;
    this.#subscriptionId = v7();
    const after = this.#view?.seq;
    const answer = await client.request<{ resumed: boolean; snapshot?: SessionSnapshot }>('sessions/subscribe', {
      subscriptionId: this.#subscriptionId,
      sessionId: this.sessionId,
      ...(after === undefined ? {} : { after }),
    });
    if (answer.snapshot !== undefined && after !== undefined) throw new Error(`the session ${this.sessionId} was not resumed after ${after}`);
    if (answer.snapshot !== undefined) this.#view = answer.snapshot;
  }

  /** Sends a message that is remembered as sent, and gives its turn once it is stored. */
  async send(text: string): Promise<string> {
    const message = { messageId: v7(), text };
    this.sent.push(message);
    return await this.sendAgain(message);
  }

  /** Says a message that was said before. */
  async sendAgain({ messageId, text }: SentMessage): Promise<string> {
    return (await this.#client.request<{ turnId: string }>('chat/send', { sessionId: this.sessionId, messageId, text }, 20_000)).turnId;
  }

  /** Waits until the view, and the events of a turn, are as wanted. */
  async until(condition: (view: SessionSnapshot) => boolean, what: string, deadlineMs = 10_000): Promise<void> {
    await this.#client.waitUntil(() => condition(this.view), what, deadlineMs).catch((error: unknown) => {
      const [last] = this.view.turns.slice(-1);
      throw new Error(`${String(error)}; the last turn is ${JSON.stringify(last)?.slice(0, 1500)}`, { cause: error });
    });
  }

  /** The first event of a kind in a turn, of those that came and those that will. */
  async event<K extends SessionEvent['kind']>(turnId: string, kind: K, deadlineMs?: number): Promise<EventOf<K>> {
    const find = (): SessionEventParams | undefined => this.events.findLast((placed) => placed.turnId === turnId && placed.event.kind === kind);
    await this.until(() => find() !== undefined, `${kind} of turn ${turnId}`, deadlineMs);
    return find()?.event as EventOf<K>;
  }

  /** Waits until the answer of a turn has at least so many characters of text. */
  async textOf(turnId: string, characters: number, deadlineMs?: number): Promise<string> {
    await this.until((view) => answerText(findTurn(view, turnId)).length >= characters, `${characters} characters of turn ${turnId}`, deadlineMs);
    return answerText(findTurn(this.view, turnId));
  }

  /** Waits for the end of the running attempt of a turn. */
  async ended(turnId: string, deadlineMs?: number): Promise<TurnEnd> {
    await this.until((view) => findTurn(view, turnId)?.state === 'ended', `the end of turn ${turnId}`, deadlineMs);
    const turn = findTurn(this.view, turnId);
    const attempt = turn?.attempts.at(-1);
    if (attempt?.outcome === undefined) throw new Error(`turn ${turnId} ended without an outcome`);
    return { outcome: attempt.outcome, error: attempt.error, text: answerText(turn), message: attempt.message };
  }

  /** Sends and waits for the end. */
  async ask(text: string, deadlineMs?: number): Promise<TurnEnd> {
    return await this.ended(await this.send(text), deadlineMs);
  }

  #take(): void {
    const { received } = this.#client;
    for (; this.#readUpTo < received.length; this.#readUpTo += 1) {
      const message = received[this.#readUpTo];
      if (message?.method !== 'sessions/event' || message.params?.['subscriptionId'] !== this.#subscriptionId) continue;
      this.#accept(message.params as unknown as SessionEventParams);
    }
  }

  #accept(placed: SessionEventParams): void {
    const view = this.#view;
    if (view === undefined) throw new Error('an event came before the snapshot');
    if (placed.prev !== view.seq || placed.seq <= view.seq) throw new Error(`event ${placed.seq} says that ${placed.prev} came before it, but ${view.seq} did`);
    this.events.push(placed);
    this.#view = applyEvent(view, placed);
  }
}

const findTurn = (view: SessionSnapshot, turnId: string): Turn | undefined => view.turns.findLast((turn) => turn.id === turnId);

/** The text of the last attempt at a turn. */
export function answerText(turn: Turn | undefined): string {
  const parts = turn?.attempts.at(-1)?.message?.parts ?? [];
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** The text of a person's message. */
export function messageText(message: Message): string {
  return message.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
