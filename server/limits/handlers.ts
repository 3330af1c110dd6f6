import type { Limit, LimitName } from '../protocol/limits.ts';
import type { HandlersOf } from '../rpc/handlers.ts';
import type { Limits } from './limits.ts';

/** What the methods about limits need. */
export interface LimitHandlerPorts {
  readonly limits: Limits;
  /** What holds a limit of the sandbox; undefined until one was probed. */
  readonly holderOf: (name: LimitName) => Limit['enforcedBy'];
}

/** Answers `limits/*`. */
export function createLimitHandlers({ limits, holderOf }: LimitHandlerPorts): HandlersOf<'limits/list' | 'limits/set'> {
  return {
    'limits/list': async () => ({ items: limits.list(holderOf) }),
    'limits/set': async ({ name, value }) => {
      await limits.set(name, value);
      return limits.get(name, holderOf);
    },
  };
}
