import path from 'node:path';
import { Emitter } from '../base/emitter.ts';
import type { Disposable } from '../base/disposables.ts';
import type { LogEntry, LogLevel, LogSource } from '../protocol/logs.ts';
import { cleanEntry } from './cleanEntry.ts';
import { isAtLeast } from './levels.ts';
import { LogFile } from './logFile.ts';
import { loggerFrom, type LogContext, type LoggerOf } from './logger.ts';
import { Redactor } from './redactor.ts';

/** How many entries are kept in memory for a tail. */
const keptEntries = 2_000;

/** Which entries a tail gives: at least this severe, of these sources, the last `limit`. */
export interface LogFilter {
  readonly limit?: number | undefined;
  readonly level?: LogLevel | undefined;
  readonly sources?: readonly LogSource[] | undefined;
}

/** Where the log goes: `gateway.log` in a folder of its own, and the terminal when asked for. Entries below `level` are not made. */
export interface LogOptions {
  readonly directory: string;
  readonly level: LogLevel;
  readonly stderr?: boolean;
}

/** What the log is to know nothing of any more. */
export interface ForgottenThings {
  readonly sessionIds: ReadonlySet<string>;
  readonly agentIds: ReadonlySet<string>;
}

/** The one structured log of the gateway. */
export interface Log {
  readonly path: string;
  readonly of: LoggerOf;
  /** Registers a value that must never be written: a key, a token. */
  addSecret(value: string): void;
  /** The last entries that fit, oldest first. */
  tail(filter?: LogFilter): LogEntry[];
  /** Listens to each new entry, already redacted. */
  onEntry(listener: (entry: LogEntry) => void): Disposable;
  /** Takes every entry about one of these sessions or agents out of memory and out of the files. */
  forget(about: ForgottenThings): Promise<void>;
  /** Writes what waits and closes the file. */
  dispose(): Promise<void>;
}

/** Opens the log. Writing never waits for the disk; a disk that refuses loses lines, never work. */
export function createLog(options: LogOptions): Log {
  const redactor = new Redactor();
  const entries: LogEntry[] = [];
  // A listener that throws has nowhere to complain: this is the place for complaints.
  const listeners = new Emitter<LogEntry>(() => undefined);
  const file = new LogFile(path.join(options.directory, 'gateway.log'), (lines) => JSON.stringify(lossEntry(lines)));

  const write = (source: LogSource, level: LogLevel, text: string, context: LogContext | undefined): void => {
    if (!isAtLeast(level, options.level)) return;
    const entry = cleanEntry({ at: Date.now(), level, source, text, ...context }, redactor);
    entries.push(entry);
    if (entries.length > keptEntries * 2) entries.splice(0, entries.length - keptEntries);
    const line = JSON.stringify(entry);
    file.write(line, level === 'error');
    if (options.stderr === true) process.stderr.write(`${line}\n`);
    listeners.emit(entry);
  };

  return {
    path: file.path,
    of: (source) => loggerFrom((level, text, context) => write(source, level, text, context)),
    addSecret: (value) => redactor.addSecret(value),
    tail: (filter = {}) => tailOf(entries.slice(-keptEntries), filter),
    onEntry: (listener) => listeners.on(listener),
    forget: async (about) => {
      const isKept = (entry: LogContext): boolean => !about.sessionIds.has(entry.sessionId ?? '') && !about.agentIds.has(entry.agentId ?? '');
      entries.splice(0, entries.length, ...entries.filter(isKept));
      await file.retain((line) => isKept(readContext(line)));
    },
    dispose: () => file.dispose(),
  };
}

const lossEntry = (lines: number): LogEntry => ({
  at: Date.now(),
  level: 'warn',
  source: 'gateway',
  text: `${lines} lines could not be written to the log.`,
});

/** What a line of the file is about; a line that is none of ours is about nothing. */
function readContext(line: string): LogContext {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? entry : {};
  } catch {
    return {};
  }
}

function tailOf(entries: readonly LogEntry[], { limit = 200, level = 'trace', sources }: LogFilter): LogEntry[] {
  return entries
    .filter((entry) => isAtLeast(entry.level, level) && sources?.includes(entry.source) !== false)
    .slice(-limit);
}
