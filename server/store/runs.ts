import type { ErrorInfo } from '../protocol/errors.ts';
import type { TurnOutcome, Usage } from '../protocol/messages.ts';
import type { Run, Stamp } from '../protocol/runs.ts';
import type { Database } from './database.ts';
import { jsonOrNull } from './jsonOrNull.ts';
import { pageLimit, pageOfRows, pagePlace } from './page.ts';
import { needSession } from './sessionRow.ts';
import type { PageOf, PageRequest } from './store.ts';
import { conflict } from './storeErrors.ts';
import { attemptsOf, needTurn } from './turnRow.ts';

interface RunRow {
  /** Grows with each run. */
  rowid: number;
  id: string;
  session_id: string;
  turn_id: string;
  agent_id: string;
  attempt: number;
  stamp_hash: string;
  started_at: number;
  ended_at: number | null;
  outcome: TurnOutcome | null;
  error: string | null;
  usage: string | null;
  exit_reason: string | null;
}

/** Stores the frozen STAMP of a started attempt, which makes its run; the same STAMP is stored once. */
export function freezeRun(
  db: Database,
  input: { runId: string; turnId: string; attempt: number; stamp: Stamp; at: number },
): void {
  const session = needSession(db, needTurn(db, input.turnId).session_id);
  const attempt = attemptsOf(db, input.turnId).at(-1);
  if (session.running_turn_id !== input.turnId || attempt?.number !== input.attempt || attempt.run_id !== input.runId)
    throw conflict('not_running', 'This run is not running.', 'Its end was stored already.');
  db.run('INSERT OR IGNORE INTO stamps (hash, stamp) VALUES (?, ?)', input.stamp.hash, JSON.stringify(input.stamp));
  db.run(
    'INSERT INTO runs (id, session_id, turn_id, agent_id, attempt, stamp_hash, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    input.runId,
    session.id,
    input.turnId,
    session.agent_id,
    input.attempt,
    input.stamp.hash,
    attempt.started_at,
  );
}

interface RunEnd {
  runId: string;
  at: number;
  outcome: TurnOutcome;
  error: ErrorInfo | undefined;
  usage: Usage | undefined;
  exitReason: string | undefined;
}

/** Notes how a run ended; an attempt that failed before its STAMP was frozen has none. */
export function endRun(db: Database, end: RunEnd): void {
  db.run(
    'UPDATE runs SET ended_at = ?, outcome = ?, error = ?, usage = ?, exit_reason = ? WHERE id = ?',
    end.at,
    end.outcome,
    jsonOrNull(end.error),
    jsonOrNull(end.usage),
    end.exitReason ?? null,
    end.runId,
  );
}

type RunSummary = Omit<Run, 'stamp'> & { stampHash: string };

function toSummary(row: RunRow): RunSummary {
  return {
    id: row.id,
    sessionId: row.session_id,
    turnId: row.turn_id,
    agentId: row.agent_id,
    attempt: row.attempt,
    stampHash: row.stamp_hash,
    startedAt: row.started_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    ...(row.error === null ? {} : { error: JSON.parse(row.error) as ErrorInfo }),
    ...(row.usage === null ? {} : { usage: JSON.parse(row.usage) as Usage }),
    ...(row.exit_reason === null ? {} : { exitReason: row.exit_reason }),
  };
}

/** Lists runs, the newest first: by the order in which they were stored, whatever the clock said. */
export function listRuns(
  db: Database,
  input: PageRequest & { sessionId?: string | undefined; agentId?: string | undefined },
): PageOf<RunSummary> {
  const limit = pageLimit(input);
  const { key, id } = pagePlace(input.cursor);
  const rows = db.all<RunRow>(
    `SELECT rowid, * FROM runs WHERE (rowid, id) < (?, ?) ${input.sessionId === undefined ? '' : 'AND session_id = ?'} ${input.agentId === undefined ? '' : 'AND agent_id = ?'}
     ORDER BY rowid DESC LIMIT ?`,
    key,
    id,
    ...(input.sessionId === undefined ? [] : [input.sessionId]),
    ...(input.agentId === undefined ? [] : [input.agentId]),
    limit + 1,
  );
  return pageOfRows(rows, limit, (row) => ({ key: row.rowid, id: row.id }), toSummary);
}

/** One run with its whole STAMP. */
export function getRun(db: Database, runId: string): Run | undefined {
  const row = db.get<RunRow & { stamp: string }>(
    'SELECT runs.*, stamps.stamp FROM runs JOIN stamps ON stamps.hash = runs.stamp_hash WHERE runs.id = ?',
    runId,
  );
  if (row === undefined) return undefined;
  const { stampHash: _hash, ...summary } = toSummary(row);
  return { ...summary, stamp: JSON.parse(row.stamp) as Stamp };
}

/** The model of the latest run of a session in which one that is not tiny said something; a run that merely failed on it is none. */
export function lastFullModel(db: Database, sessionId: string): Stamp['model'] | undefined {
  const row = db.get<{ stamp: string }>(
    `SELECT stamps.stamp FROM runs JOIN stamps ON stamps.hash = runs.stamp_hash
     JOIN attempts ON attempts.turn_id = runs.turn_id AND attempts.number = runs.attempt
     WHERE runs.session_id = ? AND json_extract(stamps.stamp, '$.model.isTiny') = 0
       AND (attempts.outcome IN ('completed', 'iterations_spent')
         OR EXISTS (SELECT 1 FROM json_each(attempts.message, '$.parts') AS part WHERE json_extract(part.value, '$.kind') IN ('text', 'tool')))
     ORDER BY runs.rowid DESC LIMIT 1`,
    sessionId,
  );
  return row === undefined ? undefined : (JSON.parse(row.stamp) as Stamp).model;
}
