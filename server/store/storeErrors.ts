import { AppError, asAppError } from '../base/appError.ts';
import { sqliteCodeOf } from './database.ts';

/** What a failure of SQLite means to the store: which class it becomes and what is done about it. */
export type StoreFault = 'full' | 'locked' | 'corrupt' | 'statement';

/** The fault behind a thrown value; undefined when SQLite did not throw it. `statement` concerns one statement alone, the others the whole transaction. */
export function storeFaultOf(thrown: unknown): StoreFault | undefined {
  const code = sqliteCodeOf(thrown);
  if (code === undefined) return undefined;
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') return 'full';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'corrupt';
  if (/^SQLITE_(BUSY|LOCKED|IOERR|CANTOPEN|READONLY|PROTOCOL|PERM|NOMEM|INTERRUPT)/.test(code)) return 'locked';
  return 'statement';
}

/** What a caller of the store gets for a thrown value. */
export function storeErrorOf(thrown: unknown): AppError {
  const reason = sqliteCodeOf(thrown) ?? 'sqlite';
  switch (storeFaultOf(thrown)) {
    case 'full':
      return new AppError('storage_full', 'The disk that holds the database is full.', {
        reason,
        hint: 'Free some space and try again; everything acknowledged so far is kept.',
        cause: thrown,
      });
    case 'corrupt':
      return corruptError(reason, thrown);
    case 'locked':
      return lockedError(reason, thrown);
    default:
      return asAppError(thrown);
  }
}

/** What a call gets while the database cannot be used; `reason` is SQLite's code. */
export function lockedError(reason: string, cause: unknown): AppError {
  const isHeld = /^SQLITE_(BUSY|LOCKED)/.test(reason);
  return new AppError(
    'storage_locked',
    isHeld ? 'Another process holds the database.' : `The database cannot be used at present (${reason}).`,
    {
      reason,
      hint: isHeld
        ? 'Close the program that has the database open, and try again.'
        : 'Check that the state directory can be read and written, and try again.',
      cause,
    },
  );
}

/** What a call gets whose database is being replaced, because it cannot be read. */
export function corruptError(reason: string, cause?: unknown): AppError {
  return new AppError('storage_corrupt', 'The database could not be read and was moved aside.', {
    reason,
    hint: 'Try again: a fresh database takes its place, and the old one stands beside it with `.corrupt-` in its name.',
    cause,
  });
}

/** What a call gets that was in flight, or came, when the store's thread ended by itself. */
export function threadEndedError(cause?: unknown): AppError {
  return new AppError('storage_locked', 'The thread that owns the database ended unexpectedly.', {
    reason: 'store_thread_ended',
    hint: 'Try again; if it fails again, restart the gateway.',
    cause,
  });
}

/** What every call of a batch gets that could not be copied to or from the thread of the store. */
export function uncopiedError(): AppError {
  return new AppError('internal', 'What was asked of the store could not be handed over.', {
    reason: 'not_copied',
    hint: 'Retry; if it fails again, send the log with your report.',
  });
}

/** What a call gets that names a thing which is not there; `what` is its word, such as `session`. */
export const notFound = (what: string): AppError =>
  new AppError('not_found', `There is no such ${what}.`, { hint: 'List again: it may have been removed.' });

/** What a call gets that does not fit how things stand; `reason` is stable, `hint` the next step. */
export const conflict = (
  reason: string,
  message: string,
  hint: string,
  details?: Readonly<Record<string, unknown>>,
): AppError => new AppError('conflict', message, { reason, hint, ...(details === undefined ? {} : { details }) });
