import type { ServerKind } from '../protocol/models.ts';
import { isBuried, markRemoved } from './claimId.ts';
import type { Database } from './database.ts';
import type { ServerRecord } from './store.ts';
import { conflict } from './storeErrors.ts';

interface ServerRow {
  id: string;
  name: string;
  kind: ServerKind;
  base_url: string;
  added_at: number;
}

/** The model servers that were added, oldest first. */
export function listServers(db: Database): ServerRecord[] {
  const rows = db.all<ServerRow>('SELECT * FROM servers ORDER BY added_at, id');
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    kind: row.kind,
    baseUrl: row.base_url,
    addedAt: row.added_at,
  }));
}

/** Adds a server; an id that is there already is a conflict. */
export function addServer(db: Database, { server }: { server: ServerRecord }): void {
  if (db.get('SELECT 1 FROM servers WHERE id = ?', server.id) !== undefined)
    throw conflict('exists', 'A model server with this id is there already.', 'Remove it first, or use another id.');
  db.run(
    'INSERT INTO servers (id, name, kind, base_url, added_at) VALUES (?, ?, ?, ?, ?)',
    server.id,
    server.name,
    server.kind,
    server.baseUrl,
    server.addedAt,
  );
}

/** Gives a server another name, kind and address, and says whether it was there. */
export function updateServer(db: Database, { server }: { server: Omit<ServerRecord, 'addedAt'> }): boolean {
  return db.run('UPDATE servers SET name = ?, kind = ?, base_url = ? WHERE id = ?', server.name, server.kind, server.baseUrl, server.id) > 0;
}

/** Removes a server and says whether there ever was one of this id: removing twice is once. */
export function removeServer(db: Database, { serverId, at }: { serverId: string; at: number }): boolean {
  if (db.run('DELETE FROM servers WHERE id = ?', serverId) === 0) return isBuried(db, 'server', serverId);
  markRemoved(db, 'server', serverId, at);
  return true;
}
