import type { Turn } from '../protocol/messages.ts';
import type { SessionSnapshot } from '../protocol/sessions.ts';
import type { Database } from './database.ts';
import { needSession, toSession, type SessionRow } from './sessionRow.ts';
import { foldTurn, toTurn, type TurnRow } from './turnRow.ts';

/** Turns of one page, as JSON: a page must stay far below the longest message, whatever agents said in it. */
const maxPageBytes = 8 * 1_048_576;
/** Turns that a model may be reminded of, as JSON: more than the largest context holds. */
const maxHistoryBytes = 16 * 1_048_576;

const sized = `SELECT turns.*, octet_length(message) + (SELECT coalesce(sum(octet_length(attempts.message)), 0) FROM attempts
  WHERE attempts.turn_id = turns.id) AS bytes FROM turns`;

type SizedRow = TurnRow & { readonly bytes: number };

/** The first rows that fit together; one fits always. */
function withinBytes(rows: readonly SizedRow[], maxBytes: number): readonly SizedRow[] {
  let total = 0;
  const end = rows.findIndex((row, index) => (total += row.bytes) > maxBytes && index > 0);
  return end === -1 ? rows : rows.slice(0, end);
}

/** A session with its last `limit` turns (fewer where they are long), its queue and the seq that all stand at, in one read transaction. */
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

/** Turns before an ordinal, oldest first; fewer than `limit` where they are long. */
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
  const rows = db.all<SizedRow>(
    `${sized} WHERE session_id = ? AND ordinal < ? AND state <> 'queued' ORDER BY ordinal DESC LIMIT ?`,
    session.id,
    before ?? Number.MAX_SAFE_INTEGER,
    wanted + 1,
  );
  const shown = withinBytes(rows.slice(0, wanted), maxPageBytes);
  const place = { key: session.key, view: toSession(session) };
  return {
    turns: shown.toReversed().map((row) => foldTurn(db, row, place)),
    hasOlderTurns: rows.length > shown.length,
  };
}

/** Turns that ended before an ordinal, newest first; fewer than `limit` where they are long. */
export function turnsForHistory(
  db: Database,
  input: { sessionId: string; beforeOrdinal: number; limit: number },
): Turn[] {
  const rows = db.all<SizedRow>(
    `${sized} WHERE session_id = ? AND ordinal < ? AND state = 'ended' ORDER BY ordinal DESC LIMIT ?`,
    input.sessionId,
    input.beforeOrdinal,
    Math.max(0, input.limit),
  );
  return withinBytes(rows, maxHistoryBytes).map((row) => toTurn(db, row));
}
