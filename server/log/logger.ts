import type { LogEntry, LogLevel, LogSource } from '../protocol/logs.ts';

/** What a line is about, beside its text; `data` is redacted by key and by value before it is written. */
export type LogContext = Pick<LogEntry, 'agentId' | 'sessionId' | 'runId' | 'data'>;

/** Writes lines of one source to the one structured log. */
export interface Logger {
  log(level: LogLevel, text: string, context?: LogContext): void;
  trace(text: string, context?: LogContext): void;
  debug(text: string, context?: LogContext): void;
  info(text: string, context?: LogContext): void;
  warn(text: string, context?: LogContext): void;
  error(text: string, context?: LogContext): void;
}

/** Gives the logger of a source. */
export type LoggerOf = (source: LogSource) => Logger;
