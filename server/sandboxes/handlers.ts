import { asAppError } from '../base/appError.ts';
import { pageByName } from '../base/pageByName.ts';
import type { ParsedParamsOf, RequestName, ResultOf } from '../protocol/api.ts';
import type { Sandbox } from '../protocol/sandboxes.ts';
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
    'sandboxes/start': async ({ agentId }) => await startSandbox(ports, agentId),
    'sandboxes/reset': async ({ agentId }) => {
      const agent = await ports.loadAgent(agentId);
      await ports.stopTasks(agentId);
      await registry.reset(agent);
      return registry.view(agent);
    },
  };
}

/** Begins to provision the sandbox of an agent and says how it stands; a failure becomes its state. Throws `not_found`. */
export async function startSandbox(ports: Pick<SandboxHandlerPorts, 'registry' | 'getAgent' | 'loadAgent'>, agentId: string): Promise<Sandbox> {
  const known = await ports.getAgent(agentId);
  try {
    // Not awaited: it may take long, and events tell the rest. How it ends is in the state.
    ports.registry.ensure(await ports.loadAgent(agentId)).catch(() => undefined);
  } catch (thrown) {
    ports.registry.fail(known, asAppError(thrown).toInfo());
  }
  return ports.registry.view(known);
}
