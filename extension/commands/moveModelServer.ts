import type { ModelServer } from '../../server/protocol/models.ts';
import type { Gateway } from '../server/gatewayConnection.ts';

/** Gives a server that was added another address and key under its name. When the gateway refuses those, the server is back where it was, without a key. */
export async function moveModelServer(gateway: Pick<Gateway, 'request'>, server: ModelServer, to: { readonly baseUrl: string; readonly key?: string }): Promise<ModelServer> {
  await gateway.request('models/remove', { serverId: server.id });
  try {
    return await gateway.request('models/add', { name: server.name, ...to });
  } catch (error) {
    await gateway.request('models/add', { name: server.name, baseUrl: server.baseUrl }).catch(() => undefined);
    throw error;
  }
}
