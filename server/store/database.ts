import Sqlite from 'better-sqlite3';

/** A value that a column holds; booleans are 0 and 1. */
export type SqlValue = string | number | null;

/**
 * One connection to a SQLite file, the only door to better-sqlite3. Statements are prepared once per text and kept.
 * The row types are what the migrations declare: callers name them. Synchronous: it lives on the store's threads (and in the lock).
 */
export class Database {
  readonly #connection: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement>();

  /** Opens the file, waiting up to `busyTimeoutMs` for other holders in each statement; throws what SQLite says. */
  constructor(path: string, options: { isReadOnly?: boolean; busyTimeoutMs: number }) {
    this.#connection = new Sqlite(path, { readonly: options.isReadOnly === true, timeout: options.busyTimeoutMs });
  }

  get isInTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** The first row of a query. */
  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined;
  }

  /** All rows of a query. */
  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[];
  }

  /** Runs a statement and says how many rows it changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return this.#prepare(sql).run(...values).changes;
  }

  /** Runs a script of several statements. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Reads or sets a pragma and gives its one value. */
  pragma(text: string): unknown {
    return this.#connection.pragma(text, { simple: true });
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #prepare(sql: string): Sqlite.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** SQLite's name of an error, such as `SQLITE_FULL`; undefined for anything that SQLite did not throw. */
export function sqliteCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Sqlite.SqliteError ? thrown.code : undefined;
}
