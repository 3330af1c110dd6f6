import { Ballast } from './ballast.ts';
import { commitBatch } from './commitBatch.ts';
import { sqliteCodeOf, type Database } from './database.ts';
import { checkpoint, isCorruption, moveAside, openWriter } from './openDatabase.ts';
import type { OperationMode } from './operationModes.ts';
import { operations } from './operations.ts';
import { storeFaultOf } from './storeErrors.ts';
import type { Call, CallResult, FromThread, ThreadStart } from './threadMessages.ts';

/** How long the writer must have been left alone before it copies the log into the database. */
const idleBeforeCheckpointMs = 1_000;
/** After so many calls without such a rest, a checkpoint is made beside the writer. A call is a page or two of log: a few MiB. */
const callsPerCheckpoint = 2_000;
/** A piece that is erased is overwritten in the log: about 1 MiB, as much as so many calls. */
const callsOfErasedPiece = 250;

/** The writer's side of its thread: owns the one writing connection, its ballast and its checkpoints. */
export class WriterThread {
  readonly #path: string;
  readonly #busyTimeoutMs: number;
  readonly #say: (message: FromThread) => void;
  readonly #ballast: Ballast;
  readonly #db: Database;
  /** An attempt began: its answer may spend a piece of the ballast, once, so that an endless one leaves it to messages. */
  #owesAnswerRoom = false;
  #callsSinceCheckpoint = 0;
  #checkpointTimer: NodeJS.Timeout | undefined;
  /** The log could not be cut when it was asked for. */
  #owesTruncation = false;

  /** Opens the database; what is corrupt is moved aside, and a disk that is full gets the ballast back first. */
  constructor({ path, busyTimeoutMs, isCorrupt }: ThreadStart, say: (message: FromThread) => void) {
    this.#path = path;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#say = say;
    this.#ballast = new Ballast(path);
    this.#db = isCorrupt ? this.#replace('It could not be read in use.') : this.#open();
    this.#ballast.restore();
  }

  /** Carries out one batch. */
  commit(calls: readonly Call[], onCorrupt: () => void): CallResult[] {
    const results = this.#carryOut(calls, onCorrupt);
    if (results.some((result) => 'value' in result)) this.#ballast.restore();
    this.#askForCheckpoint(calls.reduce((sum, { name }) => sum + (name === 'eraseChunk' ? callsOfErasedPiece : 1), 0));
    return results;
  }

  close(): void {
    clearTimeout(this.#checkpointTimer);
    this.#db.close();
  }

  #open(): Database {
    try {
      return openWriter(this.#path, this.#busyTimeoutMs, this.#say);
    } catch (error) {
      if (isCorruption(error)) return this.#replace(error instanceof Error ? error.message : String(error));
      // A disk without room for the index of the log says so in several ways; a holder of the database says BUSY.
      const isHeld = /^SQLITE_(BUSY|LOCKED)/.test(sqliteCodeOf(error) ?? '');
      if (storeFaultOf(error) !== undefined && !isHeld && this.#freeBallast(0))
        return openWriter(this.#path, this.#busyTimeoutMs, this.#say);
      throw error;
    }
  }

  #replace(cause: string): Database {
    const movedTo = moveAside(this.#path, Date.now());
    const db = openWriter(this.#path, this.#busyTimeoutMs, this.#say);
    this.#say({ kind: 'recovered', movedTo, cause });
    return db;
  }

  #freeBallast(kept: number): boolean {
    const isFreed = this.#ballast.free(kept);
    if (isFreed)
      this.#say({
        kind: 'log',
        level: 'warn',
        text: 'The disk is full: a piece of the reserve beside the database was given up so that messages can be stored and turns can end.',
      });
    return isFreed;
  }

  /** Between bursts the writer copies the log itself, so that it is short when the next burst begins. */
  #checkpointWhenIdle(): void {
    this.#checkpointTimer = undefined;
    this.#callsSinceCheckpoint = 0;
    if (this.#owesTruncation) this.#carryOut([{ name: 'truncateLog', input: undefined }], () => undefined);
    else checkpoint(this.#db, this.#say);
  }

  #freeBallastFor(kept: number, mode: OperationMode): boolean {
    if (mode !== 'output') return this.#freeBallast(kept);
    if (!this.#owesAnswerRoom || !this.#freeBallast(kept)) return false;
    this.#owesAnswerRoom = false;
    return true;
  }

  #carryOut(calls: readonly Call[], onCorrupt: () => void): CallResult[] {
    const freeBallast = this.#freeBallastFor.bind(this);
    const results = commitBatch({ db: this.#db, operations, freeBallast, onCorrupt }, calls);
    if (calls.some(({ name }) => name === 'startAttempt')) this.#owesAnswerRoom = true;
    const last = calls.findLastIndex(({ name }) => name === 'truncateLog');
    const result = results[last];
    if (result !== undefined) this.#owesTruncation = 'error' in result;
    return results;
  }

  /** In a long burst another thread does, because that waits for the disk, and streams must not. */
  #askForCheckpoint(calls: number): void {
    this.#callsSinceCheckpoint += calls;
    if (this.#callsSinceCheckpoint >= callsPerCheckpoint) {
      this.#callsSinceCheckpoint = 0;
      this.#say({ kind: 'longLog' });
    }
    this.#checkpointTimer ??= setTimeout(() => this.#checkpointWhenIdle(), idleBeforeCheckpointMs);
    this.#checkpointTimer.refresh();
  }
}
