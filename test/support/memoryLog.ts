import { Emitter } from '../../server/base/emitter.ts';
import type { Logger, LoggerOf } from '../../server/log/logger.ts';
import type { LogEntry, LogLevel, LogSource } from '../../server/protocol/logs.ts';
import type { LogFeed } from '../../server/rpc/services.ts';

/** A log that keeps its entries in memory and tells its listeners, as the real one does. */
export function createMemoryLog(): LogFeed & { readonly of: LoggerOf; readonly entries: LogEntry[]; write(level: LogLevel, source: LogSource, text: string): void } {
  const entries: LogEntry[] = [];
  const emitter = new Emitter<LogEntry>();
  const write = (level: LogLevel, source: LogSource, text: string, context: object = {}): void => {
    const entry: LogEntry = { at: Date.now(), level, source, text, ...context };
    entries.push(entry);
    emitter.emit(entry);
  };
  const of: LoggerOf = (source) => {
    const at = (level: LogLevel): Logger['info'] => (text, context) => write(level, source, text, context);
    return { log: (level, text, context) => write(level, source, text, context), trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  };
  return { of, entries, write, onEntry: (listener) => emitter.on(listener) };
}
