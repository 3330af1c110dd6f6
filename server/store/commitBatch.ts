import type { Database } from './database.ts';
import { isUpkeep, operationModes, type OperationMode } from './operationModes.ts';
import type { OperationTable } from './operations.ts';
import { storeErrorOf, storeFaultOf } from './storeErrors.ts';
import type { Call, CallResult } from './threadMessages.ts';

/** The writer's connection and what it may do when the disk is full. */
export interface Writer {
  readonly db: Database;
  readonly operations: OperationTable;
  /** Frees a piece of the ballast; false when no more than `kept` are left, or an operation of this mode may have none. */
  freeBallast(kept: number, mode: OperationMode): boolean;
  /** Hears of a database that cannot be read any more. */
  onCorrupt(): void;
}

/**
 * Group commit: carries out the calls in order in one transaction, each in a savepoint, so that one that fails undoes itself alone.
 * When the transaction as a whole fails for want of space, each call is tried in a transaction of its own, and may spend
 * ballast as its mode says.
 */
export function commitBatch(writer: Writer, calls: readonly Call[]): CallResult[] {
  const upkeep = calls.findIndex(({ name }) => isUpkeep(name));
  if (upkeep === -1) return commitGroup(writer, calls);
  const [call] = calls.slice(upkeep);
  const before = upkeep === 0 ? [] : commitGroup(writer, calls.slice(0, upkeep));
  const own = call === undefined ? [] : [runUpkeep(writer.db, writer.operations, call)];
  const after = calls.slice(upkeep + 1);
  return [...before, ...own, ...(after.length === 0 ? [] : commitBatch(writer, after))];
}

function runUpkeep(db: Database, operations: OperationTable, call: Call): CallResult {
  try {
    return { value: runCall(db, operations, call) };
  } catch (error) {
    return toFailure(error);
  }
}

function commitGroup(writer: Writer, calls: readonly Call[]): CallResult[] {
  try {
    return commitTogether(writer, calls);
  } catch (error) {
    if (storeFaultOf(error) === 'full') return calls.map((call) => commitAlone(writer, call));
    return failAll(writer, calls, error);
  }
}

function commitAlone(writer: Writer, call: Call): CallResult {
  for (;;) {
    try {
      const [result] = commitTogether(writer, [call]);
      if (result === undefined) throw new Error('A batch of one call has one result.');
      return result;
    } catch (error) {
      const mode = operationModes[call.name];
      if (storeFaultOf(error) === 'full' && writer.freeBallast(keptBy(mode), mode)) continue;
      const [failed] = failAll(writer, [call], error);
      return failed ?? toFailure(error);
    }
  }
}

/** How many pieces of the ballast a mode leaves to those that matter more: what an agent says to messages, and these to the ends of turns. */
function keptBy(mode: OperationMode): number {
  if (mode === 'ending') return 0;
  return mode === 'output' ? 4 : 1;
}

function failAll(writer: Writer, calls: readonly Call[], error: unknown): CallResult[] {
  if (storeFaultOf(error) === 'corrupt') writer.onCorrupt();
  return calls.map(() => toFailure(error));
}

const toFailure = (error: unknown): CallResult => ({ error: storeErrorOf(error).toInfo() });

const isDurable = (mode: OperationMode): boolean => mode === 'durable' || mode === 'ending';

function commitTogether({ db, operations }: Writer, calls: readonly Call[]): CallResult[] {
  // `synchronous` cannot change inside a transaction, so the mode is chosen before it for the most careful of the calls.
  setSynchronous(db, calls.some((call) => isDurable(operationModes[call.name])) ? 2 : 1);
  db.run('BEGIN IMMEDIATE');
  try {
    const results = calls.map((call) => runInSavepoint(db, operations, call));
    db.run('COMMIT');
    return results;
  } catch (error) {
    if (db.isInTransaction) db.run('ROLLBACK');
    throw error;
  }
}

const synchronousOf = new WeakMap<Database, number>();

function setSynchronous(db: Database, mode: 1 | 2): void {
  if (synchronousOf.get(db) === mode) return;
  db.pragma(`synchronous = ${mode}`);
  synchronousOf.set(db, mode);
}

function runInSavepoint(db: Database, operations: OperationTable, call: Call): CallResult {
  db.run('SAVEPOINT call');
  try {
    const value = runCall(db, operations, call);
    db.run('RELEASE call');
    return { value };
  } catch (error) {
    const fault = storeFaultOf(error);
    if (!db.isInTransaction || (fault !== undefined && fault !== 'statement')) throw error;
    db.run('ROLLBACK TO call');
    db.run('RELEASE call');
    return toFailure(error);
  }
}

function runCall(db: Database, operations: OperationTable, call: Call): unknown {
  const operation = operations[call.name];
  if (operation === undefined) throw new Error(`The store has no operation ${call.name}.`);
  return operation(db, call.input as never);
}

/** Carries out reads, each in a read transaction of its own; `onCorrupt` hears of a database that cannot be read. */
export function readBatch(
  db: Database,
  operations: OperationTable,
  calls: readonly Call[],
  onCorrupt: () => void,
): CallResult[] {
  return calls.map((call) => {
    if (isUpkeep(call.name)) return runUpkeep(db, operations, call);
    try {
      db.run('BEGIN');
      try {
        return { value: runCall(db, operations, call) };
      } finally {
        if (db.isInTransaction) db.run('COMMIT');
      }
    } catch (error) {
      if (storeFaultOf(error) === 'corrupt') onCorrupt();
      return toFailure(error);
    }
  });
}
