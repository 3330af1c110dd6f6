import type { Message } from '../protocol/messages.ts';
import type { SessionEvent } from '../protocol/sessions.ts';
import type { PlacedEvent } from '../protocol/transcript.ts';
import type { Database } from './database.ts';
import { findSession } from './sessionRow.ts';
import { notFound } from './storeErrors.ts';

interface EventRow {
  seq: number;
  at: number;
  turn_id: string | null;
  event: string;
}

/** How `message.completed` is written: the message itself stands in its attempt. */
export interface CompletedReference {
  readonly kind: 'message.completed';
  readonly attempt: number;
}

/** Events of a session after a seq, oldest first; undefined for a seq that the session never had. */
export function eventsAfter(
  db: Database,
  input: { sessionId: string; after: number; limit: number },
): PlacedEvent[] | undefined {
  const session = findSession(db, input.sessionId);
  if (session === undefined) throw notFound('session');
  if (!Number.isSafeInteger(input.after) || input.after < 0 || input.after > session.seq) return undefined;
  const rows = db.all<EventRow>(
    'SELECT seq, at, turn_id, event FROM events WHERE session_key = ? AND seq > ? ORDER BY seq LIMIT ?',
    session.key,
    input.after,
    Math.max(1, input.limit),
  );
  return rows.map((row) => toPlacedEvent(db, row));
}

/** Events of one turn after a seq, oldest first: what a running attempt has streamed so far. */
export function eventsOfTurn(db: Database, sessionKey: number, turnId: string, after: number): PlacedEvent[] {
  const rows = db.all<EventRow>(
    'SELECT seq, at, turn_id, event FROM events WHERE session_key = ? AND seq > ? AND turn_id = ? ORDER BY seq',
    sessionKey,
    after,
    turnId,
  );
  return rows.map((row) => toPlacedEvent(db, row));
}

/** Of those, what stays after folding: notices and usage. */
export function keptEventsOfTurn(db: Database, sessionKey: number, turnId: string, after: number): SessionEvent[] {
  const rows = db.all<{ event: string }>(
    'SELECT event FROM events WHERE session_key = ? AND seq > ? AND turn_id = ? AND is_foldable = 0 ORDER BY seq',
    sessionKey,
    after,
    turnId,
  );
  return rows.map((row) => JSON.parse(row.event) as SessionEvent);
}

/** Deletes what an ended attempt streamed; the events that follow stand for it. */
export function foldEvents(db: Database, sessionKey: number, after: number): void {
  db.run('DELETE FROM events WHERE session_key = ? AND seq > ? AND is_foldable = 1', sessionKey, after);
}

function toPlacedEvent(db: Database, row: EventRow): PlacedEvent {
  const parsed = JSON.parse(row.event) as SessionEvent | CompletedReference;
  const event = isReference(parsed) ? completedMessage(db, row.turn_id ?? '', parsed.attempt) : parsed;
  return { seq: row.seq, at: row.at, ...(row.turn_id === null ? {} : { turnId: row.turn_id }), event };
}

function isReference(event: SessionEvent | CompletedReference): event is CompletedReference {
  return event.kind === 'message.completed' && 'attempt' in event;
}

function completedMessage(db: Database, turnId: string, attempt: number): SessionEvent {
  const row = db.get<{ message: string }>(
    'SELECT message FROM attempts WHERE turn_id = ? AND number = ?',
    turnId,
    attempt,
  );
  if (row === undefined) throw notFound('attempt');
  return { kind: 'message.completed', message: JSON.parse(row.message) as Message };
}
