import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/appError.ts';
import type { Database } from './database.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
}

/** The migrations of this build, oldest first: `migrations/NNNN_name.sql`, numbered from 1 without gaps. */
function listMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) throw new Error(`The migrations in ${folder} are not numbered without gaps: ${name}.`);
    return { version, name };
  });
}

/** Brings a database to the version of this build, each step in a transaction of its own; a newer database is refused with `storage_locked`. */
export function migrate(db: Database, folder: string = path.join(import.meta.dirname, 'migrations')): void {
  const migrations = listMigrations(folder);
  const current = Number(db.pragma('user_version'));
  if (current > migrations.length) {
    throw new AppError(
      'storage_locked',
      `The database was written by a newer version of Logos (schema ${current}, this one knows ${migrations.length}).`,
      {
        reason: 'newer_schema',
        hint: 'Update Logos, or point LOGOS_HOME at another directory.',
      },
    );
  }
  for (const { version, name } of migrations.slice(current)) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(readFileSync(path.join(folder, name), 'utf8'));
      db.pragma(`user_version = ${version}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isInTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}
