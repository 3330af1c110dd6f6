import { text } from 'node:stream/consumers';
import { spawnProcess } from '../../process/spawn.ts';

/** What a program that looked at a task has said. */
export interface Looked {
  readonly out: string;
  readonly err: string;
  /** False when the program could not be started, or did not end in time. */
  readonly isWhole: boolean;
}

const lookMs = 5000;

/** Runs a program that only reads, for at most five seconds: what a task made large holds up a program, and nothing here. Never throws. */
export async function look(file: string, args: readonly string[]): Promise<Looked> {
  try {
    const child = await spawnProcess(file, args, { env: { LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const late = setTimeout(() => child.kill('SIGKILL'), lookMs);
    const [out, err, { signal }] = await Promise.all([text(child.stdout), text(child.stderr), child.closed]);
    clearTimeout(late);
    return { out, err, isWhole: signal === null };
  } catch {
    return { out: '', err: '', isWhole: false };
  }
}
