import { closeSync, existsSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/appError.ts';
import { Database, sqliteCodeOf } from './database.ts';
import { fileSystemTypeOf, isNetworkType } from './networkFileSystem.ts';

/** A state directory held by this process; the operating system frees it when the process dies. */
export interface Lock {
  /** The real path of the directory. */
  readonly directory: string;
  release(): void;
}

/**
 * Takes the exclusive lock of a state directory, made when it is not there; undefined when another holder has it.
 * The lock is SQLite's own on `gateway.lock`. `storage_locked` for a directory on a network file system, where no lock can be trusted.
 */
export async function acquireLock(directory: string): Promise<Lock | undefined> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const real = realpathSync(directory);
  refuseNetwork(real);
  const file = path.join(real, 'gateway.lock');
  // Only a file that is not there yet is opened here: closing one drops every lock that this process holds on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const db = new Database(file, { busyTimeoutMs: 0 });
  try {
    // A rollback journal in memory: the file is never written, so nothing is left behind.
    db.pragma('journal_mode = MEMORY');
    db.run('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (/^SQLITE_(BUSY|LOCKED)/.test(sqliteCodeOf(error) ?? '')) return undefined;
    throw new AppError('storage_locked', `The state directory ${real} cannot be locked.`, {
      reason: sqliteCodeOf(error) ?? 'lock',
      hint: 'Check that the directory can be written, or point LOGOS_HOME at another one.',
      cause: error,
    });
  }
  let isHeld = true;
  return {
    directory: real,
    release() {
      if (!isHeld) return;
      isHeld = false;
      db.run('ROLLBACK');
      db.close();
    },
  };
}

function refuseNetwork(directory: string): void {
  if (process.platform !== 'linux') return;
  const type = fileSystemTypeOf(readFileSync('/proc/self/mountinfo', 'utf8'), directory);
  if (type === undefined || !isNetworkType(type)) return;
  throw new AppError(
    'storage_locked',
    `The state directory ${directory} is on a network file system (${type}), where two machines could use it at once.`,
    {
      reason: 'network_file_system',
      hint: 'Point LOGOS_HOME at a directory on a local disk.',
      details: { type },
    },
  );
}
