// The store's thread, which dies when it is told to by the key of a setting.
import { parentPort } from 'node:worker_threads';
import type { ToThread } from '../../../server/store/threadMessages.ts';

parentPort?.on('message', (message: ToThread) => {
  if (
    message.kind === 'batch' &&
    message.calls.some(({ input }) => (input as { key?: string } | undefined)?.key === 'die')
  )
    process.exit(1);
});
await import('../../../server/store/storeThread.ts');
