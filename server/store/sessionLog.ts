import type { SessionEvent } from '../protocol/sessions.ts';
import type { PlacedEvent } from '../protocol/transcript.ts';
import type { Database } from './database.ts';
import { needSession, toSession } from './sessionRow.ts';
import type { Stored } from './store.ts';
import { notFound } from './storeErrors.ts';

/**
 * Appends the events of one change of a session, in order, and gathers them for the subscribers.
 * The seq comes from the session's row inside the writer's transaction, so it grows and is never used twice.
 */
export class SessionLog {
  readonly #db: Database;
  readonly #sessionId: string;
  readonly #at: number;
  readonly #events: PlacedEvent[] = [];

  constructor(db: Database, sessionId: string, at: number) {
    this.#db = db;
    this.#sessionId = sessionId;
    this.#at = at;
  }

  /** Appends one event and gives its seq; `stored` replaces what is written where the content stands in another table already. */
  append(event: SessionEvent, turnId?: string, stored: unknown = event): number {
    const row = this.#db.get<{ key: number; seq: number }>(
      'UPDATE sessions SET seq = seq + 1 WHERE id = ? RETURNING key, seq',
      this.#sessionId,
    );
    if (row === undefined) throw notFound('session');
    writeEvent(this.#db, row.key, { seq: row.seq, at: this.#at, turnId, event }, JSON.stringify(stored));
    this.#events.push({ seq: row.seq, at: this.#at, ...(turnId === undefined ? {} : { turnId }), event });
    return row.seq;
  }

  /** Appends the session as it stands now, after the rows were changed. */
  appendSessionChanged(): number {
    return this.append({ kind: 'session.changed', session: toSession(needSession(this.#db, this.#sessionId)) });
  }

  /** What was appended, to be published. */
  toStored(): Stored {
    return { sessionId: this.#sessionId, events: this.#events };
  }
}

/** Writes one event at its place. */
export function writeEvent(
  db: Database,
  sessionKey: number,
  { seq, at, turnId, event }: PlacedEvent,
  json: string,
): void {
  db.run(
    'INSERT INTO events (session_key, seq, at, turn_id, is_foldable, event) VALUES (?, ?, ?, ?, ?, ?)',
    sessionKey,
    seq,
    at,
    turnId ?? null,
    isFoldable(event) ? 1 : 0,
    json,
  );
}

/** Whether a later event of the ended attempt says all that this one said; a notice is said nowhere else. */
function isFoldable(event: SessionEvent): boolean {
  switch (event.kind) {
    case 'part.delta':
    case 'tool.started':
    case 'tool.output':
    case 'tool.ended':
    case 'session.changed':
      return true;
    case 'turn.status':
      return event.notice === undefined;
    default:
      return false;
  }
}
