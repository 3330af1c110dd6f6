import type { HandlersOf } from '../rpc/handlers.ts';
import type { Models } from './models.ts';

type ModelMethods = 'models/servers' | 'models/list' | 'models/add' | 'models/update' | 'models/remove';

/** The methods about model servers. */
export function createModelHandlers(models: Models): HandlersOf<ModelMethods> {
  return {
    'models/servers': async () => ({ items: await models.servers() }),
    'models/list': async () => ({ items: await models.list() }),
    'models/add': async (server) => await models.add(server),
    'models/update': async (change) => await models.update(change),
    'models/remove': async ({ serverId }) => {
      await models.remove(serverId);
      return {};
    },
  };
}
