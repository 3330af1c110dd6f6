import type { Agents } from './agents/agents.ts';
import type { Models } from './inference/models.ts';
import type { TopicSources } from './rpc/services.ts';
import type { SandboxRegistry } from './sandboxes/registry.ts';
import type { Store } from './store/store.ts';
import type { Publisher } from './gateway/publisher.ts';

const recentSessions = 200;

/** Where the lists and changes of `gateway/subscribe` come from. */
export function createTopicSources(parts: { agents: Agents; registry: SandboxRegistry; store: Pick<Store, 'listAgents' | 'listSessions'>; publisher: Publisher; models: Models }): TopicSources {
  const { agents, registry, store, publisher, models } = parts;
  return {
    agents: { list: () => agents.list(), onChange: (listener) => agents.onChange(listener) },
    sandboxes: {
      list: async () => (await store.listAgents()).map((agent) => registry.view(agent)),
      onChange: (listener) => registry.onChanged(listener),
    },
    sessions: {
      list: async () => (await store.listSessions({ limit: recentSessions })).items,
      onChange: (listener) => publisher.onSession((session) => listener(session.deletedAt === undefined ? { id: session.id, item: session } : { id: session.id })),
    },
    models: { list: async () => models.servers(), onChange: (listener) => models.onChange(listener) },
  };
}
