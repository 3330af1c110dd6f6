import type { LogContext, Logger } from './logger.ts';

/** The same log, whose lines say in addition what they are about, as that stands when each is written. */
export function withContext(logger: Logger, contextNow: () => LogContext): Logger {
  const log: Logger['log'] = (level, text, context) => logger.log(level, text, { ...contextNow(), ...context });
  return {
    log,
    trace: (text, context) => log('trace', text, context),
    debug: (text, context) => log('debug', text, context),
    info: (text, context) => log('info', text, context),
    warn: (text, context) => log('warn', text, context),
    error: (text, context) => log('error', text, context),
  };
}
