import path from 'node:path';
import type { LoggerOf } from '../log/logger.ts';
import { operationModes, type OperationName } from './operationModes.ts';
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
}

/** Opens the database on threads of its own; rejects with a store class of error, `storage_locked` also for a database of a newer version. */
export async function openStore(options: StoreOptions): Promise<OpenedStore> {
  const { path: file, log, threadUrl = defaultThread(), busyTimeoutMs = 5_000 } = options;
  const threads = new StoreThreads({ path: file, threadUrl, busyTimeoutMs, logger: log('store') });
  await threads.open();
  const methods = Object.keys(operationModes).map((name) => [
    name,
    (input: unknown) => threads.call(name as OperationName, input),
  ]);
  const store = { ...(Object.fromEntries(methods) as Omit<Store, 'dispose'>), dispose: () => threads.dispose() };
  return Object.defineProperty(store, 'recoveredFrom', {
    get: () => threads.recoveredFrom,
    enumerable: true,
  }) as OpenedStore;
}

/** Bundled, the thread is a bundle beside this one; run from the sources, it is the source beside this one. */
function defaultThread(): string {
  return path.join(import.meta.dirname, import.meta.filename.endsWith('.ts') ? 'storeThread.ts' : 'storeThread.js');
}
