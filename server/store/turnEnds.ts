import type { ErrorInfo } from '../protocol/errors.ts';
import type { Attempt, Message, TurnOutcome, Usage } from '../protocol/messages.ts';
import { claimId, findClaim } from './claimId.ts';
import type { Database } from './database.ts';
import { jsonOrNull } from './jsonOrNull.ts';
import { eventsOfTurn, foldEvents, keptEventsOfTurn, type CompletedReference } from './sessionEvents.ts';
import { SessionLog } from './sessionLog.ts';
import { changeTime, needLiveSession, needSession, toSession, type SessionRow } from './sessionRow.ts';
import type { Stored } from './store.ts';
import { conflict, notFound } from './storeErrors.ts';
import { endRun } from './runs.ts';
import { attemptsOf, foldTurn, needTurn, type AttemptRow, type TurnRow } from './turnRow.ts';
import { nextAttempt } from './turns.ts';

interface Ending {
  turnId: string;
  attempt: number;
  outcome: TurnOutcome;
  error?: ErrorInfo;
  message: Message;
  usage?: Usage;
  exitReason?: string;
  at: number;
}

/** Ends the running attempt of a turn; see the store's interface. */
export function endAttempt(db: Database, input: Ending): Stored {
  const turn = needTurn(db, input.turnId);
  const session = needSession(db, turn.session_id);
  const attempt = attemptsOf(db, turn.id).at(-1);
  if (session.running_turn_id !== turn.id || attempt?.number !== input.attempt)
    throw conflict('not_running', 'This attempt of the turn is not running.', 'Its end was stored already.');
  const kept = keptEventsOfTurn(db, session.key, turn.id, attempt.started_seq);
  const usage = input.usage ?? kept.findLast((event) => event.kind === 'usage')?.usage;
  foldEvents(db, session.key, attempt.started_seq);
  writeEnd(db, turn, attempt, { ...input, ...(usage === undefined ? {} : { usage }) });
  keepNotices(
    db,
    turn,
    kept.flatMap((event) => (event.kind === 'turn.status' && event.notice !== undefined ? [event.notice] : [])),
  );
  releaseSession(db, session, input);
  return logEnd(db, session.id, input);
}

function writeEnd(db: Database, turn: TurnRow, attempt: AttemptRow, input: Ending): void {
  db.run(
    'UPDATE attempts SET message = ?, ended_at = ?, outcome = ?, error = ?, usage = ? WHERE turn_id = ? AND number = ?',
    JSON.stringify(input.message),
    Math.max(input.at, attempt.started_at),
    input.outcome,
    jsonOrNull(input.error),
    jsonOrNull(input.usage),
    turn.id,
    attempt.number,
  );
  db.run("UPDATE turns SET state = 'ended' WHERE id = ?", turn.id);
  endRun(db, {
    runId: attempt.run_id,
    at: Math.max(input.at, attempt.started_at),
    outcome: input.outcome,
    error: input.error,
    usage: input.usage,
    exitReason: input.exitReason,
  });
}

function keepNotices(db: Database, turn: TurnRow, fresh: readonly string[]): void {
  if (fresh.length > 0) db.run('UPDATE turns SET notices = ? WHERE id = ?', JSON.stringify(fresh), turn.id);
}

const stateAfter: Readonly<Record<TurnOutcome, SessionRow['state']>> = {
  completed: 'idle',
  stopped: 'idle',
  iterations_spent: 'idle',
  failed: 'failed',
  interrupted: 'interrupted',
};

function releaseSession(db: Database, session: SessionRow, { outcome, at }: Ending): void {
  const holds = outcome === 'stopped' || outcome === 'failed' ? 1 : session.is_queue_held;
  db.run(
    'UPDATE sessions SET state = ?, running_turn_id = NULL, is_queue_held = ?, updated_at = ? WHERE id = ?',
    stateAfter[outcome],
    holds,
    changeTime(db, at),
    session.id,
  );
}

function logEnd(db: Database, sessionId: string, input: Ending): Stored {
  const log = new SessionLog(db, sessionId, input.at);
  if (input.usage !== undefined) log.append({ kind: 'usage', usage: input.usage }, input.turnId);
  const reference: CompletedReference = { kind: 'message.completed', attempt: input.attempt };
  log.append({ kind: 'message.completed', message: input.message }, input.turnId, reference);
  log.append(
    { kind: 'turn.ended', outcome: input.outcome, ...(input.error === undefined ? {} : { error: input.error }) },
    input.turnId,
  );
  log.appendSessionChanged();
  return log.toStored();
}

/** An attempt that never began is begun again by itself, but not for ever: it may be what ends the gateway. */
const maxUnbegunAttempts = 3;

/** Ends every running attempt as interrupted, with what it had streamed; one that no worker had taken yet is to be tried again. */
export function interruptRunning(db: Database, input: { error: ErrorInfo; at: number }): Stored[] {
  const sessions = db.all<SessionRow>('SELECT * FROM sessions WHERE running_turn_id IS NOT NULL');
  return sessions.map((session) => {
    const row = needTurn(db, session.running_turn_id ?? '');
    const turn = foldTurn(db, row, { key: session.key, view: toSession(session) });
    const attempt = turn.attempts.at(-1);
    if (attempt?.message === undefined) throw notFound('attempt');
    const isUnbegun = turn.isStopping !== true && !hasBegun(db, session.key, row);
    const stored = endAttempt(db, {
      turnId: row.id,
      attempt: attempt.number,
      outcome: 'interrupted',
      error: input.error,
      message: stopTools(attempt.message),
      at: input.at,
    });
    if (isUnbegun && attempt.number <= maxUnbegunAttempts) tryAgain(db, session.id, row.id, attempt);
    return stored;
  });
}

/** Whether more is known of the last attempt than that it waits: its worker takes the task first of all, and says so. */
function hasBegun(db: Database, sessionKey: number, turn: TurnRow): boolean {
  const startedSeq = attemptsOf(db, turn.id).at(-1)?.started_seq ?? 0;
  return eventsOfTurn(db, sessionKey, turn.id, startedSeq).some(({ event }) =>
    event.kind === 'turn.status' ? event.phase !== 'sandbox' && event.phase !== 'waiting' : event.kind !== 'turn.started' && event.kind !== 'session.changed',
  );
}

function tryAgain(db: Database, sessionId: string, turnId: string, { mode }: Attempt): void {
  const retryMode = mode === 'resume' ? 'resume' : 'retry';
  db.run('UPDATE sessions SET retry_turn_id = ?, retry_mode = ? WHERE id = ?', turnId, retryMode, sessionId);
}

/** A tool call that was running when everything ended does not run any more. */
function stopTools(message: Message): Message {
  const parts = message.parts.map((part) =>
    part.kind === 'tool' && (part.state === 'running' || part.state === 'pending')
      ? { ...part, state: 'stopped' as const }
      : part,
  );
  return { ...message, parts };
}

interface Retrying {
  principal: string;
  sessionId: string;
  turnId: string;
  retryId: string;
  mode: 'retry' | 'resume';
  at: number;
}

/** Registers a retry of the last turn of a session; see the store's interface. */
export function retryTurn(db: Database, input: Retrying): Stored & { attempt: number; seq: number; isNew: boolean } {
  const { principal, sessionId, turnId, retryId, mode, at } = input;
  const claim = { principal, kind: 'retry' as const, id: retryId, content: [sessionId, turnId, mode] };
  const earlier = findClaim<{ attempt: number; seq: number }>(db, claim);
  if (earlier !== undefined) return { ...earlier.answer, isNew: false, sessionId, events: [] };
  const session = needLiveSession(db, sessionId);
  const turn = needTurn(db, turnId);
  if (session.principal !== principal || turn.session_id !== sessionId) throw notFound('turn');
  refuseRetry(db, session, turn);
  db.run(
    'UPDATE sessions SET retry_turn_id = ?, retry_mode = ?, is_queue_held = 0, updated_at = ? WHERE id = ?',
    turnId,
    mode,
    changeTime(db, at),
    sessionId,
  );
  const log = new SessionLog(db, sessionId, at);
  const answer = { attempt: nextAttempt(db, turnId), seq: log.appendSessionChanged() };
  claimId(db, { ...claim, answer });
  return { ...log.toStored(), ...answer, isNew: true };
}

function refuseRetry(db: Database, session: SessionRow, turn: TurnRow): void {
  if (session.running_turn_id !== null)
    throw conflict('running', 'A turn of this session is running.', 'Stop it first, or wait for its end.', {
      turnId: session.running_turn_id,
    });
  if (session.retry_turn_id !== null)
    throw conflict('retry_waiting', 'A retry of this session is about to start already.', 'Wait for it.', {
      turnId: session.retry_turn_id,
    });
  const last = db.get<{ id: string }>(
    "SELECT id FROM turns WHERE session_id = ? AND state <> 'queued' ORDER BY ordinal DESC LIMIT 1",
    session.id,
  );
  if (turn.state !== 'ended' || last?.id !== turn.id)
    throw conflict(
      'not_last',
      'Only the last turn of a session can be tried again.',
      'Send the message again instead.',
      { state: turn.state, ...(last === undefined ? {} : { lastTurnId: last.id }) },
    );
}
