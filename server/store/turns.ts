import type { Attempt } from '../protocol/messages.ts';
import type { SessionEvent } from '../protocol/sessions.ts';
import type { PlacedEvent } from '../protocol/transcript.ts';
import type { Database } from './database.ts';
import { SessionLog, writeEvent } from './sessionLog.ts';
import { changeTime, findSession, needSession, type SessionRow } from './sessionRow.ts';
import type { Stored, TurnToRun } from './store.ts';
import { conflict } from './storeErrors.ts';
import { attemptsOf, needTurn, toTurn, type TurnRow } from './turnRow.ts';

type Mode = Attempt['mode'];

/** The next turn that may run in a session; see the store's interface. */
export function nextTurn(db: Database, sessionId: string): (TurnToRun & { attempt: number; mode: Mode }) | undefined {
  const session = findSession(db, sessionId);
  if (session === undefined || session.deleted_at !== null || session.running_turn_id !== null) return undefined;
  const row = waitingTurn(db, session);
  if (row === undefined) return undefined;
  const mode: Mode = session.retry_turn_id === row.id ? (session.retry_mode ?? 'retry') : 'first';
  return { turn: toTurn(db, row), agentId: session.agent_id, sessionId, attempt: nextAttempt(db, row.id), mode };
}

function waitingTurn(db: Database, session: SessionRow): TurnRow | undefined {
  if (session.retry_turn_id !== null) return needTurn(db, session.retry_turn_id);
  if (session.is_queue_held === 1) return undefined;
  return db.get<TurnRow>(
    "SELECT * FROM turns WHERE session_id = ? AND state = 'queued' ORDER BY ordinal LIMIT 1",
    session.id,
  );
}

/** The number that the next attempt of a turn will have. */
export function nextAttempt(db: Database, turnId: string): number {
  return (attemptsOf(db, turnId).at(-1)?.number ?? 0) + 1;
}

/** Sessions in which a turn may run now. */
export function sessionsWithWork(db: Database): string[] {
  const rows = db.all<{ id: string }>(
    `SELECT id FROM sessions WHERE deleted_at IS NULL AND running_turn_id IS NULL AND (retry_turn_id IS NOT NULL
     OR (is_queue_held = 0 AND EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state = 'queued'))) ORDER BY updated_at`,
  );
  return rows.map((row) => row.id);
}

/** Starts an attempt: from here on the turn runs, and no other turn of its session can. */
export function startAttempt(
  db: Database,
  input: { turnId: string; attempt: number; mode: Mode; messageId: string; runId: string; at: number },
): Stored {
  const turn = needTurn(db, input.turnId);
  const session = needSession(db, turn.session_id);
  refuseStart(db, session, turn, input);
  const log = new SessionLog(db, session.id, input.at);
  const seq = log.append(
    { kind: 'turn.started', runId: input.runId, attempt: input.attempt, mode: input.mode, messageId: input.messageId },
    turn.id,
  );
  db.run(
    'INSERT INTO attempts (turn_id, number, mode, run_id, message_id, started_at, started_seq) VALUES (?, ?, ?, ?, ?, ?, ?)',
    turn.id,
    input.attempt,
    input.mode,
    input.runId,
    input.messageId,
    input.at,
    seq,
  );
  db.run("UPDATE turns SET state = 'running', notices = NULL WHERE id = ?", turn.id);
  db.run(
    "UPDATE sessions SET state = 'working', running_turn_id = ?, head_turn_id = ?, retry_turn_id = NULL, retry_mode = NULL, message_count = message_count + ?, updated_at = ? WHERE id = ?",
    turn.id,
    turn.id,
    input.attempt === 1 ? 1 : 0,
    changeTime(db, input.at),
    session.id,
  );
  log.appendSessionChanged();
  return log.toStored();
}

function refuseStart(db: Database, session: SessionRow, turn: TurnRow, input: { attempt: number; mode: Mode }): void {
  const hint = 'Ask for the next turn again.';
  if (session.running_turn_id !== null)
    throw conflict('running', 'A turn of this session is running already.', hint, { turnId: session.running_turn_id });
  if (session.deleted_at !== null) throw conflict('deleted', 'The session was deleted.', hint);
  const isWaiting =
    input.mode === 'first'
      ? turn.state === 'queued'
      : session.retry_turn_id === turn.id && session.retry_mode === input.mode;
  if (!isWaiting || input.attempt !== nextAttempt(db, turn.id))
    throw conflict('not_waiting', 'This attempt of the turn is not waiting to start.', hint);
}

/** Holds or releases the queue of a session. */
export function holdQueue(db: Database, input: { sessionId: string; isHeld: boolean; at: number }): Stored {
  const session = needSession(db, input.sessionId);
  const log = new SessionLog(db, session.id, input.at);
  if ((session.is_queue_held === 1) === input.isHeld) return log.toStored();
  db.run(
    'UPDATE sessions SET is_queue_held = ?, updated_at = ? WHERE id = ?',
    input.isHeld ? 1 : 0,
    changeTime(db, input.at),
    session.id,
  );
  log.appendSessionChanged();
  return log.toStored();
}

interface Appending {
  sessionId: string;
  turnId: string;
  events: readonly SessionEvent[];
  at: number;
}

const streamed: ReadonlySet<SessionEvent['kind']> = new Set([
  'turn.status',
  'part.delta',
  'tool.started',
  'tool.output',
  'tool.ended',
  'usage',
]);

/** Appends what a running turn streams and gives the first seq; the path of every delta, so it is two statements for one event. */
export function appendEvents(db: Database, { sessionId, turnId, events, at }: Appending): Stored {
  const row = db.get<{ key: number; seq: number }>(
    'UPDATE sessions SET seq = seq + ? WHERE id = ? AND running_turn_id = ? RETURNING key, seq',
    events.length,
    sessionId,
    turnId,
  );
  if (row === undefined) {
    needSession(db, sessionId);
    throw conflict('not_running', 'The turn is not running.', 'Its end was stored already.');
  }
  const placed = events.map((event, index): PlacedEvent => ({
    seq: row.seq - events.length + 1 + index,
    at,
    turnId,
    event,
  }));
  for (const event of placed) {
    if (!streamed.has(event.event.kind))
      throw new Error(`An event of kind ${event.event.kind} cannot be appended to a running turn.`);
    writeEvent(db, row.key, event, JSON.stringify(event.event));
  }
  return { sessionId, events: placed };
}
