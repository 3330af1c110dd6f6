import type { Session } from '../protocol/sessions.ts';
import { buryId, claimId, digUpId, findClaim } from './claimId.ts';
import type { Database } from './database.ts';
import { pageLimit, pageOfRows, pagePlace } from './page.ts';
import { SessionLog } from './sessionLog.ts';
import { changeTime, findSession, needLiveSession, needSession, toSession, type SessionRow } from './sessionRow.ts';
import type { PageOf, PageRequest, Stored } from './store.ts';
import { conflict, notFound } from './storeErrors.ts';

/** Creates a session of an agent that is there. */
export function createSession(
  db: Database,
  input: { principal: string; sessionId: string; agentId: string; title: string | undefined; at: number },
): { session: Session; isNew: boolean } {
  const { principal, sessionId, agentId, title, at } = input;
  const claim = { principal, kind: 'session' as const, id: sessionId, content: [agentId, title ?? null] };
  if (findClaim(db, claim, () => ({ session: getSession(db, sessionId) })) !== undefined) return { session: toSession(needSession(db, sessionId)), isNew: false };
  if (db.get('SELECT 1 FROM agents WHERE id = ? AND deleted_at IS NULL', agentId) === undefined)
    throw notFound('agent');
  db.run(
    `INSERT INTO sessions (id, principal, agent_id, title, state, created_at, updated_at, revision, message_count, is_queue_held, seq, last_ordinal)
     VALUES (?, ?, ?, ?, 'idle', ?, ?, 1, 0, 0, 0, 0)`,
    sessionId,
    principal,
    agentId,
    title ?? '',
    at,
    changeTime(db, at),
  );
  claimId(db, claim);
  return { session: toSession(needSession(db, sessionId)), isNew: true };
}

/** One session, also a deleted one. */
export function getSession(db: Database, sessionId: string): Session | undefined {
  const row = findSession(db, sessionId);
  return row === undefined ? undefined : toSession(row);
}

/** Which sessions a list gives: of one agent, also the deleted ones, or only these. */
interface SessionFilter {
  readonly agentId?: string | undefined;
  readonly includeDeleted?: boolean | undefined;
  readonly onlyDeleted?: boolean | undefined;
}

function deletedCondition({ includeDeleted, onlyDeleted }: SessionFilter): string {
  if (onlyDeleted === true) return 'AND deleted_at IS NOT NULL AND erased_at IS NULL';
  return includeDeleted === true ? 'AND erased_at IS NULL' : 'AND deleted_at IS NULL';
}

/** Lists sessions, the most recently changed first. */
export function listSessions(
  db: Database,
  input: PageRequest & SessionFilter,
): PageOf<Session> {
  const limit = pageLimit(input);
  const { key, id } = pagePlace(input.cursor);
  const rows = db.all<SessionRow>(
    `SELECT * FROM sessions WHERE (updated_at, id) < (?, ?) ${deletedCondition(input)} ${input.agentId === undefined ? '' : 'AND agent_id = ?'}
     ORDER BY updated_at DESC, id DESC LIMIT ?`,
    key,
    id,
    ...(input.agentId === undefined ? [] : [input.agentId]),
    limit + 1,
  );
  return pageOfRows(rows, limit, (row) => ({ key: row.updated_at, id: row.id }), toSession);
}

/** Gives a session another title; a stale revision is a conflict that carries the present session. */
export function renameSession(
  db: Database,
  input: { sessionId: string; title: string; revision?: number | undefined; at: number },
): Stored & { session: Session } {
  const row = needLiveSession(db, input.sessionId);
  if (input.revision !== undefined && input.revision !== row.revision) {
    throw conflict(
      'stale_revision',
      'The session was changed in the meantime.',
      'Look at it again and repeat the change.',
      { session: toSession(row) },
    );
  }
  const log = new SessionLog(db, row.id, input.at);
  if (row.title !== input.title) {
    db.run(
      'UPDATE sessions SET title = ?, revision = revision + 1, updated_at = ? WHERE id = ?',
      input.title,
      changeTime(db, input.at),
      row.id,
    );
    log.appendSessionChanged();
  }
  return { ...log.toStored(), session: toSession(needSession(db, row.id)) };
}

/** Deletes a session softly; deleting twice is once. */
export function deleteSession(db: Database, input: { sessionId: string; at: number }): Stored {
  const row = needSession(db, input.sessionId);
  const log = new SessionLog(db, row.id, input.at);
  if (row.deleted_at !== null) return log.toStored();
  db.run(
    'UPDATE sessions SET deleted_at = ?, revision = revision + 1, retry_turn_id = NULL, retry_mode = NULL, updated_at = ? WHERE id = ?',
    input.at,
    changeTime(db, input.at),
    row.id,
  );
  buryId(db, 'session', row.id, input.at);
  log.appendSessionChanged();
  return log.toStored();
}

/** Brings a deleted session back into the lists; restoring twice is once. What waited in its queue does not start by itself. */
export function restoreSession(db: Database, input: { sessionId: string; at: number }): Stored & { session: Session } {
  const row = needSession(db, input.sessionId);
  const log = new SessionLog(db, row.id, input.at);
  if (row.deleted_at !== null) {
    if (db.get('SELECT 1 FROM agents WHERE id = ? AND deleted_at IS NULL', row.agent_id) === undefined)
      throw conflict('agent_deleted', 'The agent of this session was deleted.', 'Create a session of another agent.');
    db.run(
      `UPDATE sessions SET deleted_at = NULL, revision = revision + 1, updated_at = ?,
       is_queue_held = EXISTS (SELECT 1 FROM turns WHERE session_id = sessions.id AND state = 'queued') WHERE id = ?`,
      changeTime(db, input.at),
      row.id,
    );
    digUpId(db, 'session', row.id);
    log.appendSessionChanged();
  }
  return { ...log.toStored(), session: toSession(needSession(db, row.id)) };
}
