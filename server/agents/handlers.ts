import { pageByName } from '../base/pageByName.ts';
import type { Policy } from '../policies/policy.ts';
import type { HandlersOf } from '../rpc/handlers.ts';
import type { AgentRecord, Store, Stored } from '../store/store.ts';
import { autoModel, builtInRuntime, defaultPolicy } from './agentDefaults.ts';
import type { Agents } from './agents.ts';
import type { Souls } from './souls.ts';
import { checkTools, defaultTools } from './toolsets.ts';

/** What the agent methods need. */
export interface AgentHandlerPorts {
  readonly store: Pick<Store, 'createAgent' | 'updateAgent' | 'deleteAgent'>;
  readonly agents: Agents;
  readonly souls: Souls;
  /** Reads a policy for an agent that is to have it. */
  usePolicy(name: string): Promise<Policy>;
  /** Throws `policy_unenforceable`. */
  assertEnforces(policy: Policy): void;
  publish(stored: Stored): void;
  /** Stops what runs for an agent that was deleted. */
  stopAgent(agentId: string): Promise<void>;
  /** Erases an agent that was deleted: its sessions, its sandbox and home. */
  eraseAgent(agentId: string): Promise<void>;
  readonly now: () => number;
}

type AgentMethods = 'agents/list' | 'agents/get' | 'agents/create' | 'agents/update' | 'agents/delete' | 'souls/list';

/** The methods about agents and souls. A policy that cannot be enforced is refused here, before any turn. */
export function createAgentHandlers(ports: AgentHandlerPorts): HandlersOf<AgentMethods> {
  const { agents, store, souls } = ports;
  const checkPolicy = async (name: string): Promise<void> => ports.assertEnforces(await ports.usePolicy(name));

  return {
    'agents/list': async (page) => pageByName(await agents.list(), page),
    'agents/get': async ({ agentId }) => await agents.get(agentId),
    'agents/create': async ({ agentId, name, soul: slug, tools, model, policy = defaultPolicy }, { principal }) => {
      const { soul } = await souls.load(slug);
      await checkPolicy(policy);
      const chosen = tools === undefined ? defaultTools(soul) : checkTools(soul, tools);
      const agent = { id: agentId, name, soul: slug, tools: chosen, runtime: builtInRuntime, model: model ?? autoModel, policy, createdAt: ports.now() };
      await agents.names.hold(agentId, name, async () => (await store.createAgent({ principal, agent })).agent);
      agents.refresh(agentId);
      return await agents.get(agentId);
    },
    'agents/update': async ({ agentId, revision, ...change }) => {
      const present = await agents.record(agentId);
      const { soul } = await souls.load(change.soul ?? present.soul);
      if (change.policy !== undefined) await checkPolicy(change.policy);
      const tools = change.tools !== undefined || change.soul !== undefined ? { tools: change.tools === undefined ? defaultTools(soul) : checkTools(soul, change.tools) } : {};
      const update = (): Promise<AgentRecord> => store.updateAgent({ agentId, revision, change: { ...withoutUndefined(change), ...tools }, at: ports.now() });
      await agents.names.hold(agentId, change.name ?? present.name, update);
      agents.refresh(agentId);
      return await agents.get(agentId);
    },
    'agents/delete': async ({ agentId }) => {
      const { stored } = await store.deleteAgent({ agentId, at: ports.now() });
      agents.names.forget(agentId);
      // Who watches one of its sessions learns that it is gone.
      stored.forEach((change) => ports.publish(change));
      agents.refresh(agentId);
      await ports.stopAgent(agentId);
      await ports.eraseAgent(agentId);
      return {};
    },
    'souls/list': async () => await souls.list(),
  };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
