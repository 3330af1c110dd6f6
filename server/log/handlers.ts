import type { ParsedParamsOf, ResultOf } from '../protocol/api.ts';
import type { Log } from './createLog.ts';

/** The methods about the log; `logs/subscribe` is served by the connection from `onEntry`. */
export function createLogHandlers(log: Pick<Log, 'tail' | 'path'>): {
  readonly 'logs/tail': (params: ParsedParamsOf<'logs/tail'>) => Promise<ResultOf<'logs/tail'>>;
} {
  return {
    'logs/tail': (params) => Promise.resolve({ items: log.tail(params), path: log.path }),
  };
}
