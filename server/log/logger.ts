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

/** A logger with a method for each level, from the one that takes them all. */
export function loggerFrom(log: Logger['log']): Logger {
  return {
    log,
    trace: (text, context) => log('trace', text, context),
    debug: (text, context) => log('debug', text, context),
    info: (text, context) => log('info', text, context),
    warn: (text, context) => log('warn', text, context),
    error: (text, context) => log('error', text, context),
  };
}

/** The same log, whose lines say in addition what they are about, as that stands when each is written. */
export function withContext(logger: Logger, contextNow: () => LogContext): Logger {
  return loggerFrom((level, text, context) => logger.log(level, text, { ...contextNow(), ...context }));
}
