import { duplexPair } from 'node:stream';
import { Connection, type ConnectionHost } from '../../server/rpc/connection.ts';
import type { FindHandler } from '../../server/rpc/dispatch.ts';
import type { Handler } from '../../server/rpc/handlers.ts';
import type { RequestName } from '../../server/protocol/api.ts';
import { AppError } from '../../server/base/appError.ts';
import { RpcClient } from './client/rpcClient.ts';
import { createMemoryLog } from './memoryLog.ts';

/** The token that these connections ask for. */
export const testToken = 'secret-of-this-test';

/** Some handlers; the others are missing on purpose. */
export type SomeHandlers = { readonly [N in RequestName]?: Handler<N> };

/** A FindHandler over some handlers. */
export function findSome(handlers: SomeHandlers): FindHandler {
  return async (name) => {
    const handler = handlers[name];
    if (handler === undefined) throw new AppError('internal', `No handler for ${name} in this test.`, { hint: 'Add one.' });
    return handler;
  };
}

/** A connection and its client, joined in memory. `highWaterMark` bytes fit before the server's writes count as a backlog. */
export function connectInMemory(handlers: SomeHandlers, more: Partial<ConnectionHost> = {}) {
  const log = createMemoryLog();
  const [near, far] = duplexPair({ allowHalfOpen: true });
  const connection = new Connection(far, {
    log: log.of('rpc'),
    token: testToken,
    initializeResult: () => ({
      serverInfo: { name: 'logos', version: '0' },
      capabilities: { experimental: { logos: { protocol: 1, pid: 1, startId: '00000000-0000-7000-8000-000000000000', build: 'b', home: '/', features: [] } } },
    }),
    find: findSome(handlers),
    onRequest: () => undefined,
    ...more,
  });
  return { client: new RpcClient(near, near), connection, log, stream: near, serverStream: far };
}
