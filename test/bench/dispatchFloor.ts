import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const echo = `process.stdin.on('data', (line) => process.stdout.write(line)); process.stdin.on('end', () => process.exit(0)); process.stdout.write('ready\\n');`;
const bwrap = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-all', '--die-with-parent', '--new-session'];

/** The least that a dispatch can cost here, ms: two durable commits, then a line to a bwrapped Node that waits (`warm`) or is started first (`cold`). */
export async function measureFloor(folder: string, rounds: number): Promise<{ warm: number[]; cold: number[] }> {
  const database = new DatabaseSync(path.join(folder, 'floor.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS facts (at REAL, text TEXT)');
  const insert = database.prepare('INSERT INTO facts VALUES (?, ?)');
  const commitTwice = (): void => {
    for (let n = 0; n < 2; n += 1) insert.run(performance.now(), 'x'.repeat(400));
  };
  const figures = { warm: [] as number[], cold: [] as number[] };
  for (let n = 0; n < rounds; n += 1) {
    const waiting = start();
    await once(waiting.stdout, 'data');
    await sleep(100);
    const warmAt = performance.now();
    commitTwice();
    await feed(waiting);
    figures.warm.push(performance.now() - warmAt);
    await end(waiting);
    const coldAt = performance.now();
    commitTwice();
    const fresh = start();
    await once(fresh.stdout, 'data');
    figures.cold.push(performance.now() - coldAt);
    await end(fresh);
  }
  database.close();
  return figures;
}

type Fed = ChildProcessByStdio<Writable, Readable, null>;

function start(): Fed {
  return spawn('bwrap', [...bwrap, process.execPath, '-e', echo], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function feed(child: Fed): Promise<void> {
  const answered = once(child.stdout, 'data');
  child.stdin.write('{"task":1}\n');
  await answered;
}

async function end(child: Fed): Promise<void> {
  const gone = once(child, 'exit');
  child.stdin.end();
  await gone;
}
