import type { Turn } from '../protocol/messages.ts';
import type { SessionSnapshot } from '../protocol/sessions.ts';
import type { Database } from './database.ts';
import { needSession, toSession, type SessionRow } from './sessionRow.ts';
import { foldTurn, toTurn, type TurnRow } from './turnRow.ts';

/** A session with its last `limit` turns, its queue and the seq that all stand at, in one read transaction. */
export function snapshot(db: Database, input: { sessionId: string; limit: number }): SessionSnapshot {
  const session = needSession(db, input.sessionId);
  const { turns, hasOlderTurns } = pageOfTurns(db, session, undefined, input.limit);
  const queue = db.all<TurnRow>(
    "SELECT * FROM turns WHERE session_id = ? AND state = 'queued' ORDER BY ordinal",
    session.id,
  );
  return {
    session: toSession(session),
    turns,
    queue: queue.map((row) => toTurn(db, row)),
    seq: session.seq,
    hasOlderTurns,
  };
}

/** Turns before an ordinal, oldest first. */
export function turnsBefore(
  db: Database,
  input: { sessionId: string; before: number | undefined; limit: number },
): { turns: Turn[]; hasOlderTurns: boolean } {
  return pageOfTurns(db, needSession(db, input.sessionId), input.before, input.limit);
}

function pageOfTurns(
  db: Database,
  session: SessionRow,
  before: number | undefined,
  limit: number,
): { turns: Turn[]; hasOlderTurns: boolean } {
  const wanted = Math.max(1, limit);
  const rows = db.all<TurnRow>(
    "SELECT * FROM turns WHERE session_id = ? AND ordinal < ? AND state <> 'queued' ORDER BY ordinal DESC LIMIT ?",
    session.id,
    before ?? Number.MAX_SAFE_INTEGER,
    wanted + 1,
  );
  const place = { key: session.key, view: toSession(session) };
  return {
    turns: rows
      .slice(0, wanted)
      .reverse()
      .map((row) => foldTurn(db, row, place)),
    hasOlderTurns: rows.length > wanted,
  };
}

/** Turns that ended before an ordinal, newest first. */
export function turnsForHistory(
  db: Database,
  input: { sessionId: string; beforeOrdinal: number; limit: number },
): Turn[] {
  const rows = db.all<TurnRow>(
    "SELECT * FROM turns WHERE session_id = ? AND ordinal < ? AND state = 'ended' ORDER BY ordinal DESC LIMIT ?",
    input.sessionId,
    input.beforeOrdinal,
    Math.max(0, input.limit),
  );
  return rows.map((row) => toTurn(db, row));
}
