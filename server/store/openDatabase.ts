import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { Database } from './database.ts';
import { migrate } from './migrations.ts';
import { storeFaultOf } from './storeErrors.ts';
import type { FromThread } from './threadMessages.ts';

/** After an unclean end a database up to this size is checked whole; a larger one is checked where it is used. */
const maxCheckedBytes = 16 * 1024 * 1024;
/**
 * Pages in the log (128 MiB) before a commit itself copies what is left of them and begins the log anew, which keeps every stream waiting for
 * the disk. Checkpoints beside it have copied most by then, and rest comes earlier to all but many streams at once.
 */
const autoCheckpointPages = 32_000;
const maxIdleLogBytes = 8 * 1024 * 1024;
/** A database up to this size is written anew at the start, which takes some seconds; a larger one would keep the gateway from starting. */
const maxRewrittenBytes = 256 * 1024 * 1024;

/** Opens the database for writing, made and migrated as needed: file 0600, folder 0700, write-ahead log. Throws what SQLite says. */
export function openWriter(file: string, busyTimeoutMs: number, say: (message: FromThread) => void = () => undefined): Database {
  prepareFile(file);
  checkHeader(file);
  const isUnclean = sizeOf(`${file}-wal`) > 0;
  const db = new Database(file, { busyTimeoutMs });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('foreign_keys = ON');
    // What is deleted is overwritten, also what a turn streamed before its end was stored: else it stays in the gaps of the file.
    db.pragma('secure_delete = ON');
    db.pragma(`wal_autocheckpoint = ${autoCheckpointPages}`);
    db.pragma(`journal_size_limit = ${maxIdleLogBytes}`);
    // On macOS fsync alone leaves the data in the drive's cache.
    if (process.platform === 'darwin') db.pragma('fullfsync = ON');
    migrate(db);
    closeGaps(db, file, say);
    checkPages(db, isUnclean && sizeOf(file) <= maxCheckedBytes);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Writes a database anew that has gaps from before deletions were overwritten. A disk without room for it keeps it for the next start; one
 * that is too large for that is left to a person, and the log says so.
 */
function closeGaps(db: Database, file: string, say: (message: FromThread) => void): void {
  if (db.get("SELECT 1 FROM settings WHERE key = 'store.hasGaps'") === undefined) return;
  if (sizeOf(file) > maxRewrittenBytes) {
    const command = `sqlite3 '${file}' "VACUUM; DELETE FROM settings WHERE key = 'store.hasGaps'"`;
    const text = `The database may still hold what was deleted before deletions were overwritten, and is too large to be written anew at a start. Stop the gateway and run: ${command}`;
    return say({ kind: 'log', level: 'warn', text });
  }
  try {
    db.exec('VACUUM');
    db.run("DELETE FROM settings WHERE key = 'store.hasGaps'");
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (storeFaultOf(error) !== 'full') throw error;
  }
}

/** Opens the database beside the writer, for reading and for checkpoints, which a connection that is read-only as a whole could not make. */
export function openReader(file: string, busyTimeoutMs: number): Database {
  const db = new Database(file, { busyTimeoutMs });
  db.pragma('query_only = ON');
  db.pragma('wal_autocheckpoint = 0');
  if (process.platform === 'darwin') db.pragma('fullfsync = ON');
  return db;
}

/** Copies the log into the database as far as nobody is in the way; waits for no reader and no writer. */
export function checkpoint(db: Database, say: (message: FromThread) => void): void {
  try {
    db.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    say({ kind: 'log', level: 'warn', text: `The log could not be copied into the database: ${String(error)}` });
  }
}

function prepareFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives the log and its index the mode of the database, so the mode is set before SQLite sees the file.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

class CorruptFileError extends Error {}

/** Looks at the first bytes before SQLite does, because SQLite deletes the log of a file that is none of its own. */
function checkHeader(file: string): void {
  const header = Buffer.alloc(16);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, header);
  closeSync(descriptor);
  if (length > 0 && header.toString('latin1') !== 'SQLite format 3\0')
    throw new CorruptFileError('The file is not a database.');
}

/** Touches the root of every table, which finds a file cut short; checks every page when asked. */
function checkPages(db: Database, isThorough: boolean): void {
  const tables = db.all<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
  );
  for (const { name } of tables) db.get(`SELECT 1 FROM "${name}" LIMIT 1`);
  if (!isThorough) return;
  const verdict = db.pragma('quick_check(1)');
  if (verdict !== 'ok') throw new CorruptFileError(String(verdict));
}

/** Whether an error of opening or use says that the file is no sound database. */
export function isCorruption(thrown: unknown): boolean {
  return thrown instanceof CorruptFileError || storeFaultOf(thrown) === 'corrupt';
}

/** Moves a database aside with its log and the log's index, and gives the new path. */
export function moveAside(file: string, at: number): string {
  const target = `${file}.corrupt-${at}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, target + suffix);
  }
  return target;
}
