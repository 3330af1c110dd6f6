import type { Logger } from '../log/logger.ts';
import type { Store } from '../store/store.ts';
import { autoModel, builtInRuntime, defaultPolicy } from './agentDefaults.ts';
import type { Souls } from './souls.ts';
import { defaultTools } from './toolsets.ts';

const shipped = [
  { name: 'Assistant', soul: 'general' },
  { name: 'Coder', soul: 'app-development' },
] as const;

const madeKey = 'shippedAgents';

/** Makes the agents that come with Logos, once per state directory: what a person deleted does not come back. */
export async function makeShippedAgents(ports: { store: Pick<Store, 'createAgent' | 'getSetting' | 'setSetting'>; souls: Souls; newId: () => string; now: () => number; log: Logger }): Promise<void> {
  const made = new Set((await ports.store.getSetting(madeKey))?.split(','));
  for (const { name, soul: slug } of shipped.filter((agent) => !made.has(agent.name))) {
    const soul = await ports.souls.load(slug).then(
      (loaded) => loaded.soul,
      (error: unknown) => ports.log.warn(`The agent ${name} is made once its soul can be read: ${String(error)}`),
    );
    if (soul === undefined) continue;
    await ports.store.createAgent({
      principal: 'owner',
      agent: { id: ports.newId(), name, soul: slug, tools: defaultTools(soul), runtime: builtInRuntime, model: autoModel, policy: defaultPolicy, createdAt: ports.now() },
    });
    made.add(name);
    await ports.store.setSetting({ key: madeKey, value: [...made].join(',') });
    ports.log.info(`Made the agent ${name}, which comes with Logos.`);
  }
}
