import { Emitter } from '../../server/base/emitter.ts';
import { AppError } from '../../server/base/appError.ts';
import type { Session, SessionEvent } from '../../server/protocol/sessions.ts';
import type { PlacedEvent } from '../../server/protocol/transcript.ts';
import type { SessionFeedSource } from '../../server/rpc/services.ts';
import type { Stored } from '../../server/store/store.ts';

/** A valid session. */
export function sessionOf(id: string, more: Partial<Session> = {}): Session {
  return { id, agentId: id, title: 'A session', createdAt: 1, updatedAt: 1, messageCount: 0, state: 'idle', isQueueHeld: false, revision: 1, ...more };
}

/** Events of one session in memory, with reads that take as long as the test likes and folds as the store makes them. */
export class MemoryEvents implements SessionFeedSource {
  readonly sessionId: string;
  readonly opened: string[] = [];
  #events: PlacedEvent[] = [];
  #seq = 0;
  readonly #stored = new Emitter<Stored>();
  /** Runs within each read, after what it reads was read and before it answers. */
  duringRead: () => void | Promise<void> = () => undefined;
  reads = 0;

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  get seq(): number {
    return this.#seq;
  }

  append(...events: SessionEvent[]): void {
    const placed = events.map((event) => ({ seq: ++this.#seq, at: 1, turnId: this.sessionId, event }));
    this.#events.push(...placed);
    this.#stored.emit({ sessionId: this.sessionId, events: placed });
  }

  appendText(text: string): void {
    this.append({ kind: 'part.delta', messageId: this.sessionId, partId: 'p1', part: 'text', offset: 0, text });
  }

  /** Removes the deltas so far; one event at the end stands for them. */
  fold(): void {
    this.#events = this.#events.filter(({ event }) => event.kind !== 'part.delta');
    this.append({ kind: 'turn.ended', outcome: 'completed' });
  }

  onStored(listener: (stored: Stored) => void): { dispose(): void } {
    const listening = this.#stored.on(listener);
    return { dispose: () => void listening.dispose() };
  }

  onOpened(sessionId: string): void {
    this.opened.push(sessionId);
  }

  async snapshot(sessionId: string): Promise<Awaited<ReturnType<SessionFeedSource['snapshot']>>> {
    if (sessionId !== this.sessionId) throw new AppError('not_found', `There is no session ${sessionId}.`, { hint: 'List the sessions.' });
    const snapshot = { session: sessionOf(sessionId), turns: [], queue: [], seq: this.#seq, hasOlderTurns: false };
    await this.#read();
    return snapshot;
  }

  async eventsAfter(sessionId: string, after: number, limit: number): Promise<readonly PlacedEvent[] | undefined> {
    if (sessionId !== this.sessionId || after > this.#seq) return undefined;
    const page = this.#events.filter(({ seq }) => seq > after).slice(0, limit);
    await this.#read();
    return page;
  }

  async #read(): Promise<void> {
    this.reads++;
    await this.duringRead();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
