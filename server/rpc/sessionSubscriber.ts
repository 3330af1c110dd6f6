import type { PlacedEvent } from '../protocol/transcript.ts';
import type { WithKept } from '../protocol/storedKept.ts';
import type { SessionEvent } from '../protocol/sessions.ts';
import { SharedFrame } from './sharedFrame.ts';
import type { Subscription } from './subscriptions.ts';

/** An event that was stored, ready to be sent to any number of subscribers. */
export interface SessionFrame {
  readonly seq: number;
  readonly isDeletion: boolean;
  readonly frame: SharedFrame;
}

/** Makes the frame of a stored event. */
export function toSessionFrame(sessionId: string, { seq, at, turnId, event }: PlacedEvent): SessionFrame {
  const shared = { sessionId, seq, at, ...(turnId === undefined ? {} : { turnId }), event: withoutKept(event) };
  return { seq, isDeletion: event.kind === 'session.changed' && event.session.deletedAt !== undefined, frame: new SharedFrame('sessions/event', shared) };
}

/** What a model server wants back is nobody else's, and often long. */
function withoutKept(event: SessionEvent): SessionEvent {
  if (event.kind === 'message.completed') return { ...event, message: { ...event.message, parts: event.message.parts.map(dropKept) } };
  return event.kind === 'tool.started' ? dropKept(event) : event;
}

function dropKept<T extends object>(value: T): T {
  const { kept: _kept, ...rest } = value as T & WithKept;
  return rest as T;
}

/** Reads events that are stored: at most `limit` after a seq; undefined when the seq is not known. */
export type ReadEvents = (after: number, limit: number) => Promise<readonly PlacedEvent[] | undefined>;

/** Events in one read of a replay; each may hold a whole answer. */
const pageSize = 50;
/** Live events that wait while a replay reads; more are read from the store again. */
const maxWaiting = 50;
/** A replay waits for its client rather than counting it as slow. */
const replayBacklogBytes = 2 * 1024 * 1024;
const forEver = new AbortController().signal;

/**
 * One subscriber of one session: replays what is stored, then follows, each event once and in order.
 * While it replays, live events wait here; each was committed before it came, so a read that begins later holds it as well.
 */
export class SessionSubscriber {
  readonly subscription: Subscription;
  readonly #sessionId: string;
  readonly #read: ReadEvents;
  #lastSeq = 0;
  #waiting: SessionFrame[] | undefined = [];
  #hasDropped = false;

  constructor(subscription: Subscription, sessionId: string, read: ReadEvents) {
    this.subscription = subscription;
    this.#sessionId = sessionId;
    this.#read = read;
  }

  /** A live event; its frame is shared with other subscribers. */
  publish(frame: SessionFrame): void {
    if (this.subscription.isEnded) return;
    if (this.#waiting === undefined) this.#send(frame);
    else if (this.#waiting.length < maxWaiting) this.#waiting.push(frame);
    else {
      this.#waiting = [];
      this.#hasDropped = true;
    }
  }

  /** Starts behind a snapshot that stands at `seq`, or by sending what is stored behind that first. */
  async start(seq: number, isReplaying: boolean): Promise<void> {
    this.#lastSeq = seq;
    let isBehind = isReplaying;
    while (isBehind || this.#hasDropped) {
      const sent = await this.#replayPage();
      if (sent === undefined) return;
      isBehind = sent === pageSize;
    }
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const frame of waiting) this.#send(frame);
  }

  /** Tells the client to begin again without `after`, and ends. */
  reset(reason: 'behind' | 'deleted'): void {
    if (this.subscription.isEnded) return;
    this.subscription.writer.notify('sessions/reset', { subscriptionId: this.subscription.id, sessionId: this.#sessionId, reason });
    this.subscription.end();
  }

  /** How many events it sent; undefined when the subscription ended. One page is read at a time for each client. */
  async #replayPage(): Promise<number | undefined> {
    const { writer } = this.subscription;
    const place = await writer.bulk.enter(this.subscription.id, forEver);
    try {
      await writer.drainBelow(replayBacklogBytes);
      if (this.subscription.isEnded) return undefined;
      this.#waiting = [];
      this.#hasDropped = false;
      const page = await this.#read(this.#lastSeq, pageSize);
      if (page === undefined) this.reset('behind');
      for (const placed of page ?? []) {
        if (writer.backlogBytes > replayBacklogBytes) await writer.drainBelow(replayBacklogBytes);
        this.#send(toSessionFrame(this.#sessionId, placed));
      }
      return this.subscription.isEnded ? undefined : page?.length;
    } finally {
      place.leave();
    }
  }

  #send(frame: SessionFrame): void {
    if (this.subscription.isEnded || frame.seq <= this.#lastSeq) return;
    if (this.subscription.writer.isBehind) return this.reset('behind');
    frame.frame.sendTo(this.subscription.writer, this.subscription.id, { prev: this.#lastSeq });
    this.#lastSeq = frame.seq;
    if (frame.isDeletion) this.reset('deleted');
  }
}
