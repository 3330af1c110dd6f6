import { Ballast } from './ballast.ts';
import { commitBatch } from './commitBatch.ts';
import { sqliteCodeOf, type Database } from './database.ts';
import { isCorruption, moveAside, openWriter } from './openDatabase.ts';
import { operations } from './operations.ts';
import { storeFaultOf } from './storeErrors.ts';
import type { Call, CallResult, FromThread, ThreadStart } from './threadMessages.ts';

/** How long the writer must have been left alone before it copies the log into the database. */
const idleBeforeCheckpointMs = 1_000;

/** The writer's side of its thread: owns the one writing connection, its recovery, its ballast and its checkpoints. */
export class WriterThread {
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #say: (message: FromThread) => void;
  readonly #ballast: Ballast;
  #db: Database;
  #corruption: { readonly cause: unknown } | undefined;
  #generation = 0;
  #checkpointTimer: NodeJS.Timeout | undefined;

  /** Opens the database; what is corrupt is moved aside, and a disk that is full gets the ballast back first. */
  constructor({ path, busyTimeoutMs }: ThreadStart, say: (message: FromThread) => void) {
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#say = say;
    this.#ballast = new Ballast(path);
    this.#db = this.#open();
    this.#ballast.restore();
  }

  /** Carries out one batch. */
  commit(calls: readonly Call[]): CallResult[] {
    const results = commitBatch({ db: this.#db, operations, freeBallast: () => this.#freeBallast(), onCorrupt: (cause) => (this.#corruption = { cause }) }, calls);
    if (this.#corruption !== undefined) this.#recover(this.#corruption.cause);
    else if (results.some((result) => 'value' in result)) this.#ballast.restore();
    this.#checkpointTimer ??= setTimeout(() => this.#checkpoint(), idleBeforeCheckpointMs);
    this.#checkpointTimer.refresh();
    return results;
  }

  /** Puts a fresh database in the place of one that a reader could not read, unless that one is gone already. */
  recoverFor(generation: number): void {
    if (generation === this.#generation) this.#recover('A read found it corrupt.');
  }

  #recover(cause: unknown): void {
    this.#corruption = undefined;
    this.#db.close();
    this.#db = this.#replace(cause);
  }

  close(): void {
    clearTimeout(this.#checkpointTimer);
    this.#db.close();
  }

  #open(): Database {
    try {
      return openWriter(this.#path, this.#busyTimeoutMs);
    } catch (error) {
      if (isCorruption(error)) return this.#replace(error);
      // A disk without room for the index of the log says so in several ways; a holder of the database says BUSY.
      const isHeld = /^SQLITE_(BUSY|LOCKED)/.test(sqliteCodeOf(error) ?? '');
      if (storeFaultOf(error) !== undefined && !isHeld && this.#freeBallast()) return openWriter(this.#path, this.#busyTimeoutMs);
      throw error;
    }
  }

  #replace(cause: unknown): Database {
    const movedTo = moveAside(this.#path, Date.now());
    const db = openWriter(this.#path, this.#busyTimeoutMs);
    this.#generation += 1;
    this.#say({ kind: 'recovered', movedTo, cause: cause instanceof Error ? cause.message : String(cause) });
    return db;
  }

  #freeBallast(): boolean {
    const isFreed = this.#ballast.free();
    if (isFreed) this.#say({ kind: 'log', level: 'warn', text: 'The disk is full: the ballast was given up so that turns can end.' });
    return isFreed;
  }

  /** Between bursts, so that no commit has to wait for it; PASSIVE waits for no reader. */
  #checkpoint(): void {
    this.#checkpointTimer = undefined;
    try {
      this.#db.pragma('wal_checkpoint(PASSIVE)');
    } catch (error) {
      this.#say({ kind: 'log', level: 'warn', text: `The log could not be copied into the database: ${String(error)}` });
    }
  }
}
