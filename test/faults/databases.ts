import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** The database of a gateway, found by what its file begins with; not those that were moved aside. */
export function findDatabase(home: string): string {
  const files = fs.readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !/-(wal|shm|journal)$|\.corrupt-/.test(entry.name));
  const found = files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => firstBytes(file) === 'SQLite format 3\0' && fs.statSync(file).size > 40_000);
  if (found[0] === undefined || found.length > 1) throw new Error(`expected one database in ${home}, found ${found.join(', ') || 'none'}`);
  return found[0];
}

function firstBytes(file: string): string {
  const handle = fs.openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(16);
    fs.readSync(handle, bytes, 0, 16, 0);
    return bytes.toString('latin1');
  } finally {
    fs.closeSync(handle);
  }
}

/** Lets another process hold the database; the answer lets go again. */
export async function holdDatabase(file: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'holdDatabase.ts'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return async () => {
    const gone = once(child, 'exit');
    child.stdin.end();
    await gone;
  };
}
