import type { ErrorInfo } from '../protocol/errors.ts';
import type { Attempt, Message, Turn, TurnOutcome, Usage } from '../protocol/messages.ts';
import type { Session } from '../protocol/sessions.ts';
import { applyEvent } from '../protocol/transcript.ts';
import type { Database } from './database.ts';
import { eventsOfTurn } from './sessionEvents.ts';
import { notFound } from './storeErrors.ts';

/** A row of `turns`. */
export interface TurnRow {
  id: string;
  session_id: string;
  ordinal: number;
  state: Turn['state'];
  message_id: string;
  message: string;
  notices: string | null;
  queued_at: number;
}

/** A row of `attempts`. */
export interface AttemptRow {
  turn_id: string;
  number: number;
  mode: Attempt['mode'];
  run_id: string;
  message_id: string;
  started_at: number;
  started_seq: number;
  message: string | null;
  ended_at: number | null;
  outcome: TurnOutcome | null;
  error: string | null;
  usage: string | null;
}

/** The row of a turn, else `not_found`. */
export function needTurn(db: Database, turnId: string): TurnRow {
  const row = db.get<TurnRow>('SELECT * FROM turns WHERE id = ?', turnId);
  if (row === undefined) throw notFound('turn');
  return row;
}

/** The attempts of a turn, oldest first. */
export function attemptsOf(db: Database, turnId: string): AttemptRow[] {
  return db.all<AttemptRow>('SELECT * FROM attempts WHERE turn_id = ? ORDER BY number', turnId);
}

/** A turn as it stands in its rows; a running one as it stood when its attempt started. */
export function toTurn(db: Database, row: TurnRow): Turn {
  const attempts = row.state === 'queued' ? [] : attemptsOf(db, row.id).map(toAttempt);
  const startedAt = attempts.at(-1)?.startedAt ?? row.queued_at;
  return {
    id: row.id,
    sessionId: row.session_id,
    ordinal: row.ordinal,
    state: row.state,
    message: JSON.parse(row.message) as Message,
    attempts,
    ...(row.state === 'running' ? { phase: 'sandbox' as const, phaseAt: startedAt } : {}),
    ...(row.notices === null ? {} : { notices: JSON.parse(row.notices) as string[] }),
    queuedAt: row.queued_at,
  };
}

function toAttempt(row: AttemptRow): Attempt {
  const message: Message = row.message === null ? emptyAnswer(row) : (JSON.parse(row.message) as Message);
  return {
    number: row.number,
    runId: row.run_id,
    mode: row.mode,
    message,
    startedAt: row.started_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as ErrorInfo }),
    ...(row.usage === null ? {} : { usage: JSON.parse(row.usage) as Usage }),
  };
}

/** The same empty message with which `applyEvent` starts an attempt. */
function emptyAnswer(row: AttemptRow): Message {
  return {
    id: row.message_id,
    role: 'assistant',
    parts: [],
    origin: { kind: 'agent', name: '' },
    createdAt: row.started_at,
  };
}

/** A turn with everything that its running attempt has streamed so far folded in, by the rules that the views use. */
export function foldTurn(db: Database, row: TurnRow, session: { key: number; view: Session }): Turn {
  const turn = toTurn(db, row);
  const running = row.state === 'running' ? attemptsOf(db, row.id).at(-1) : undefined;
  if (running === undefined) return turn;
  const empty = { session: session.view, turns: [turn], queue: [], seq: running.started_seq, hasOlderTurns: false };
  const folded = eventsOfTurn(db, session.key, row.id, running.started_seq).reduce(applyEvent, empty);
  return folded.turns[0] ?? turn;
}
