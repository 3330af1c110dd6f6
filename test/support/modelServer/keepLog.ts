import type { Logger } from '../../../server/log/logger.ts';

/** A logger that keeps its lines for a test to look at. */
export function keepLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const log: Logger['log'] = (level, text, context) => void lines.push(`${level} ${text} ${JSON.stringify(context ?? {})}`);
  const at = (level: Parameters<Logger['log']>[0]) => (text: string, context?: Parameters<Logger['log']>[2]) => log(level, text, context);
  return { lines, log, trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
