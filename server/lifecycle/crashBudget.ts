import fs from 'node:fs';
import os from 'node:os';
import * as z from 'zod';
import { AppError } from '../base/appError.ts';
import { writePrivately } from './pointer.ts';
import { isProcessAlive } from './processAlive.ts';

const Starts = z.array(z.object({ pid: z.int(), at: z.number() })).max(1000);
type Starts = z.infer<typeof Starts>;

const windowMs = 3 * 60_000;
/** What every process of this machine shares and nobody sets: ms since the machine started. */
const uptimeMs = (): number => os.uptime() * 1000;
/** Deaths in the window that are one too many. */
const defaultLimit = 3;
/** A gateway that lives so long after its start has not failed to start. */
export const survivalMs = 10_000;

/**
 * Counts gateways that died before they had lived ten seconds. Each start is noted by who starts it and crossed out by
 * the gateway itself, after ten seconds or at an orderly end: what stays and is not alive was a crash.
 */
export class CrashBudget {
  readonly #file: string;
  readonly #limit: number;

  constructor(file: string, limit: number = defaultLimit) {
    this.#file = file;
    this.#limit = limit;
  }

  /** Throws when the deaths are too many; `lastWords` is what it said on stderr, which stands in `logPath`. */
  assertLeft({ lastWords, logPath }: { lastWords: () => string; logPath: string }, now = uptimeMs()): void {
    const deaths = this.#read(now).filter(({ pid }) => !isProcessAlive(pid));
    if (deaths.length < this.#limit) return;
    const words = lastWords();
    throw new AppError('internal', `The gateway failed to start ${deaths.length} times within three minutes.${words === '' ? '' : ` It last said: ${words}`}`, {
      reason: 'crash_budget',
      hint: `Look into ${logPath} for the cause, then start it by hand: Start Gateway in VS Code, or --anew on the command line; by itself it is tried again three minutes after the last time.`,
      details: { deaths: deaths.length, logPath },
    });
  }

  /** Forgives every death: a person has asked for another start. */
  renew(): void {
    this.#write([]);
  }

  noteStart(pid: number, now = uptimeMs()): void {
    this.#write([...this.#read(now), { pid, at: now }]);
  }

  crossOut(pid: number, now = uptimeMs()): void {
    const starts = this.#read(now);
    if (starts.some((start) => start.pid === pid)) this.#write(starts.filter((start) => start.pid !== pid));
  }

  #read(now: number): Starts {
    try {
      return Starts.parse(JSON.parse(fs.readFileSync(this.#file, 'utf8'))).filter(({ at }) => now - at < windowMs && at <= now);
    } catch {
      return [];
    }
  }

  #write(starts: Starts): void {
    writePrivately(this.#file, JSON.stringify(starts));
  }
}
