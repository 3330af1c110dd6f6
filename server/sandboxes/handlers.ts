import { pageByName } from '../base/pageByName.ts';
import type { ParsedParamsOf, RequestName, ResultOf } from '../protocol/api.ts';
import type { SandboxAgent, SandboxRegistry } from './registry.ts';

type SandboxMethods = Extract<RequestName, `sandboxes/${string}`>;

/** The methods about sandboxes; what they need of agents is given. */
export interface SandboxHandlerPorts {
  readonly registry: SandboxRegistry;
  listAgents(): Promise<readonly Pick<SandboxAgent, 'id' | 'name'>[]>;
  /** Throws `not_found`. */
  getAgent(agentId: string): Promise<Pick<SandboxAgent, 'id' | 'name'>>;
  /** The agent with its policy. Throws `not_found` and the policy classes. */
  loadAgent(agentId: string): Promise<SandboxAgent>;
  /** Begins to make the sandbox of an agent; resolves once its state says so, and never rejects. */
  provision(agentId: string): Promise<void>;
  /** Stops the turns of an agent and the worker that waits for it; resolves when they are gone. */
  stopTasks(agentId: string): Promise<void>;
}

/** Answers `sandboxes/*`. */
export function createSandboxHandlers(ports: SandboxHandlerPorts): { readonly [M in SandboxMethods]: (params: ParsedParamsOf<M>) => Promise<ResultOf<M>> } {
  const { registry } = ports;
  return {
    'sandboxes/list': async (page) => {
      const { items, ...more } = pageByName(await ports.listAgents(), page);
      return { items: items.map((agent) => registry.view(agent)), ...more };
    },
    'sandboxes/get': async ({ agentId }) => registry.view(await ports.getAgent(agentId)),
    'sandboxes/home': async ({ agentId }) => {
      const { id } = await ports.getAgent(agentId);
      const home = registry.homeOf(id);
      return home === undefined ? {} : { path: home, insidePath: registry.engine.capabilities.workspacePath };
    },
    'sandboxes/check': () => registry.check(),
    'sandboxes/start': async ({ agentId }) => {
      const agent = await ports.getAgent(agentId);
      await ports.provision(agentId);
      return registry.view(agent);
    },
    'sandboxes/reset': async ({ agentId }) => {
      const agent = await ports.loadAgent(agentId);
      await ports.stopTasks(agentId);
      await registry.reset(agent);
      return registry.view(agent);
    },
  };
}
