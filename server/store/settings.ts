import type { Database } from './database.ts';

/** A value of the gateway itself. */
export function getSetting(db: Database, key: string): string | undefined {
  return db.get<{ value: string }>('SELECT value FROM settings WHERE key = ?', key)?.value;
}

/** Sets a value of the gateway itself. */
export function setSetting(db: Database, { key, value }: { key: string; value: string }): void {
  db.run(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    value,
  );
}
