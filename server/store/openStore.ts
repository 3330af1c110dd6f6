import path from 'node:path';
import { AppError } from '../base/appError.ts';
import type { LoggerOf } from '../log/logger.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import { Database } from './database.ts';
import { operationModes, runsOnReader, type OperationName } from './operationModes.ts';
import type { Store } from './store.ts';
import { StoreThreads } from './storeThreads.ts';

/** What the store needs. */
export interface StoreOptions {
  /** The database file; it is made with its folder when it is not there. */
  readonly path: string;
  readonly log: LoggerOf;
  /** The program of the store's threads; by default the one beside this file. */
  readonly threadUrl?: URL | string;
  /** How long a statement waits for another process that holds the database; 5 s unless told. */
  readonly busyTimeoutMs?: number;
}

/** A store, and where the database went that could not be read. */
export interface OpenedStore extends Store {
  /** The path of the newest database that was moved aside because it was corrupt; undefined as long as none was. */
  readonly recoveredFrom: string | undefined;
  /** Why the last write failed, as long as none has succeeded since: the disk is full, the database is held, its thread is dead. */
  readonly failure: ErrorInfo | undefined;
}

/** Keeps SQLite's library loaded. Node unloads it with the last thread that uses it, and a thread that is still ending then runs code that is gone. */
let library: Database | undefined;

/** Opens the database on threads of its own; rejects with a store class of error, `storage_locked` also for a database of a newer version. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { path: file, log, threadUrl = defaultThread(), busyTimeoutMs = 5_000 } = options;
  const threads = new StoreThreads({ path: file, threadUrl, busyTimeoutMs, logger: log('store') });
  library ??= new Database(':memory:', { busyTimeoutMs: 0 });
  await threads.open();
  let failure: ErrorInfo | undefined;
  const call = async (name: OperationName, input: unknown): Promise<unknown> => {
    if (runsOnReader(name)) return await threads.call(name, input);
    try {
      const result = await threads.call(name, input);
      failure = undefined;
      return result;
    } catch (error) {
      if (error instanceof AppError && error.class.startsWith('storage_')) failure = error.toInfo();
      throw error;
    }
  };
  const methods = Object.keys(operationModes).map((name) => [name, (input: unknown) => call(name as OperationName, input)]);
  const store = { ...(Object.fromEntries(methods) as Omit<Store, 'dispose'>), dispose: () => threads.dispose() };
  return Object.defineProperties(store, {
    recoveredFrom: { get: () => threads.recoveredFrom, enumerable: true },
    failure: { get: () => failure, enumerable: true },
  }) as OpenedStore;
}

/** Bundled, the thread is a bundle beside this one; run from the sources, it is the source beside this one. */
function defaultThread(): string {
  return path.join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'storeThread.ts' : 'storeThread.js');
}
