import { eraseId, isBuried } from './claimId.ts';
import { sqliteCodeOf, type Database } from './database.ts';
import { SessionLog } from './sessionLog.ts';
import { type SessionRow } from './sessionRow.ts';
import type { Stored, Unerased } from './store.ts';
import { conflict, lockedError, notFound } from './storeErrors.ts';

/** What one piece may hold, so that no other write waits long for it: rows, and bytes of what stands in them. */
const maxRows = 250;
const maxBytes = 1_048_576;
/** How long the log may wait for a reader before it is cut later. */
const truncateTimeoutMs = 250;

/** Marks sessions to be erased, and takes their titles; see the store's interface. */
export function beginErase(
  db: Database,
  input: { sessionId?: string; agentId?: string; at: number },
): { stored: Stored[]; sessionIds: string[] } {
  const { sessionId, agentId, at } = input;
  const rows =
    agentId === undefined
      ? db.all<SessionRow>('SELECT * FROM sessions WHERE id = ?', sessionId ?? '')
      : db.all<SessionRow>('SELECT * FROM sessions WHERE agent_id = ?', agentId);
  if (sessionId !== undefined && rows.length === 0 && !isBuried(db, 'session', sessionId)) throw notFound('session');
  const stored = rows.filter(({ erased_at }) => erased_at === null).map((row) => markErased(db, row, at));
  return { stored, sessionIds: rows.map(({ id }) => id) };
}

function markErased(db: Database, row: SessionRow, at: number): Stored {
  if (row.running_turn_id !== null)
    throw conflict('running', 'A turn of this session is running.', 'Stop it first, or wait for its end.', {
      turnId: row.running_turn_id,
    });
  db.run(
    "UPDATE sessions SET title = '', deleted_at = coalesce(deleted_at, ?), revision = revision + 1 WHERE id = ?",
    at,
    row.id,
  );
  const log = new SessionLog(db, row.id, at);
  // Whoever looks at the session learns by it that it is gone.
  log.appendSessionChanged();
  db.run('UPDATE sessions SET erased_at = ? WHERE id = ?', at, row.id);
  eraseId(db, 'session', row.id, at);
  return log.toStored();
}

/** Erases one piece of a marked session, and says whether nothing but its empty row is left. */
export function eraseChunk(db: Database, { sessionId, at }: { sessionId: string; at: number }): { isDone: boolean } {
  const row = db.get<{ key: number }>('SELECT key FROM sessions WHERE id = ? AND erased_at IS NOT NULL', sessionId);
  if (row === undefined) return { isDone: true };
  return { isDone: !eraseEvents(db, row.key) && !eraseTurns(db, sessionId, at) };
}

function eraseEvents(db: Database, sessionKey: number): boolean {
  const rows = db.all<{ seq: number; bytes: number }>(
    'SELECT seq, octet_length(event) AS bytes FROM events WHERE session_key = ? ORDER BY seq LIMIT ?',
    sessionKey,
    maxRows,
  );
  const last = within(rows).at(-1);
  if (last !== undefined) db.run('DELETE FROM events WHERE session_key = ? AND seq <= ?', sessionKey, last.seq);
  return last !== undefined;
}

function eraseTurns(db: Database, sessionId: string, at: number): boolean {
  const rows = db.all<{ id: string; message_id: string; bytes: number }>(
    `SELECT id, message_id, octet_length(message) + (SELECT coalesce(sum(octet_length(attempts.message)), 0) FROM attempts
     WHERE attempts.turn_id = turns.id) AS bytes FROM turns WHERE session_id = ? ORDER BY ordinal LIMIT ?`,
    sessionId,
    maxRows,
  );
  const turns = within(rows);
  for (const turn of turns) eraseTurn(db, turn, at);
  return turns.length > 0;
}

function eraseTurn(db: Database, turn: { id: string; message_id: string }, at: number): void {
  const stamps = db.all<{ hash: string }>('SELECT DISTINCT stamp_hash AS hash FROM runs WHERE turn_id = ?', turn.id);
  db.run('DELETE FROM runs WHERE turn_id = ?', turn.id);
  for (const { hash } of stamps)
    db.run('DELETE FROM stamps WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM runs WHERE stamp_hash = ?)', hash, hash);
  db.run('DELETE FROM attempts WHERE turn_id = ?', turn.id);
  db.run('DELETE FROM turns WHERE id = ?', turn.id);
  eraseId(db, 'message', turn.message_id, at);
}

/** The first rows that make one piece; one does always. */
function within<Row extends { bytes: number }>(rows: readonly Row[]): readonly Row[] {
  let total = 0;
  const end = rows.findIndex((row, index) => (total += row.bytes) > maxBytes && index > 0);
  return end === -1 ? rows : rows.slice(0, end);
}

/** What was begun to be deleted for good and is not finished. */
export function listUnerased(db: Database): Unerased {
  const ids = (sql: string): string[] => db.all<{ id: string }>(sql).map(({ id }) => id);
  return {
    sessionIds: ids('SELECT id FROM sessions WHERE erased_at IS NOT NULL'),
    agentIds: ids('SELECT id FROM agents WHERE deleted_at IS NOT NULL'),
  };
}

/** Removes the empty rows of what was erased; only the ids stay, as tombstones. */
export function finishErase(db: Database, { sessionIds, agentIds }: Unerased): void {
  for (const id of sessionIds) db.run('DELETE FROM sessions WHERE id = ? AND erased_at IS NOT NULL', id);
  for (const id of agentIds)
    db.run(
      'DELETE FROM agents WHERE id = ? AND deleted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sessions WHERE agent_id = ?)',
      id,
      id,
    );
}

/** Copies the log into the database as far as nobody is in the way. */
export function copyLog(db: Database): void {
  db.pragma('wal_checkpoint(PASSIVE)');
}

/** Copies the log into the database and cuts it to nothing; `storage_locked` while somebody else reads. */
export function truncateLog(db: Database): void {
  const timeoutMs = Number(db.pragma('busy_timeout'));
  db.pragma(`busy_timeout = ${truncateTimeoutMs}`);
  try {
    if (db.pragma('wal_checkpoint(TRUNCATE)') !== 0) throw lockedError('SQLITE_BUSY', 'the log is being read');
  } catch (error) {
    if (sqliteCodeOf(error) !== undefined && /^SQLITE_(BUSY|LOCKED)/.test(sqliteCodeOf(error) ?? '')) throw lockedError('SQLITE_BUSY', error);
    throw error;
  } finally {
    db.pragma(`busy_timeout = ${timeoutMs}`);
  }
}
