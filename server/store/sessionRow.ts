import type { Session } from '../protocol/sessions.ts';
import type { Database } from './database.ts';
import { notFound } from './storeErrors.ts';

/** A row of `sessions`. */
export interface SessionRow {
  key: number;
  id: string;
  principal: string;
  agent_id: string;
  title: string;
  state: Session['state'];
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
  revision: number;
  message_count: number;
  head_turn_id: string | null;
  is_queue_held: number;
  seq: number;
  last_ordinal: number;
  running_turn_id: string | null;
  retry_turn_id: string | null;
  retry_mode: 'retry' | 'resume' | null;
  /** It is being deleted for good: nobody finds it any more. */
  erased_at: number | null;
}

/** The session's row, deleted or not. */
export function findSession(db: Database, sessionId: string): SessionRow | undefined {
  return db.get<SessionRow>('SELECT * FROM sessions WHERE id = ? AND erased_at IS NULL', sessionId);
}

/** The row of a session that is there, deleted or not; else `not_found`. */
export function needSession(db: Database, sessionId: string): SessionRow {
  const row = findSession(db, sessionId);
  if (row === undefined) throw notFound('session');
  return row;
}

/** The row of a session that is there and not deleted; else `not_found`. */
export function needLiveSession(db: Database, sessionId: string): SessionRow {
  const row = needSession(db, sessionId);
  if (row.deleted_at !== null) throw notFound('session');
  return row;
}

/**
 * When a session changes: as the clock has it, or right after the latest change of any session. Lists go by it, and keep their order when
 * the wall clock was set back.
 */
export function changeTime(db: Database, at: number): number {
  const latest = db.get<{ latest: number | null }>('SELECT max(updated_at) AS latest FROM sessions')?.latest ?? 0;
  return at > latest ? at : latest + 1;
}

/** The session as clients see it. */
export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    agentId: row.agent_id,
    title: row.title,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.head_turn_id === null ? {} : { headTurnId: row.head_turn_id }),
    messageCount: row.message_count,
    state: row.state,
    isQueueHeld: row.is_queue_held === 1,
    revision: row.revision,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}
