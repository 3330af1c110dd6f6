import type { Store } from '../../../server/store/store.ts';
import { Eraser } from '../../../server/gateway/eraser.ts';
import { createMemoryLog } from '../memoryLog.ts';
import { tick } from './temporaryStore.ts';

/** An eraser over a store, without a log of its own and without sandboxes. */
export function createEraser(store: Store, more: { removeSandbox?: (agentId: string) => Promise<void> } = {}): Eraser {
  return new Eraser({
    store,
    publish: () => undefined,
    forgetLogged: () => Promise.resolve(),
    removeSandbox: more.removeSandbox ?? (() => Promise.resolve()),
    refreshAgent: () => undefined,
    log: createMemoryLog().of('store'),
    now: tick,
  });
}
