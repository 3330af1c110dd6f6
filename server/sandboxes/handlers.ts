import { AppError, asAppError } from '../base/appError.ts';
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

const defaultPageSize = 100;

/** Answers `sandboxes/*`. */
export function createSandboxHandlers(ports: SandboxHandlerPorts): { readonly [M in SandboxMethods]: (params: ParsedParamsOf<M>) => Promise<ResultOf<M>> } {
  const { registry } = ports;
  return {
    'sandboxes/list': async ({ limit = defaultPageSize, cursor }) => {
      const agents = (await ports.listAgents()).toSorted((a, b) => placeOf(a).localeCompare(placeOf(b), 'en'));
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const rest = after === undefined ? agents : agents.filter((agent) => placeOf(agent).localeCompare(after, 'en') > 0);
      const items = rest.slice(0, limit).map((agent) => registry.view(agent));
      const last = rest[limit - 1];
      return rest.length > limit && last !== undefined ? { items, nextCursor: writeCursor(placeOf(last)) } : { items };
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

const placeOf = (agent: Pick<SandboxAgent, 'id' | 'name'>): string => `${agent.name}\n${agent.id}`;
const writeCursor = (place: string): string => Buffer.from(place).toString('base64url');

function readCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/\n[0-9a-f-]{36}$/.test(place)) return place;
  throw new AppError('invalid_params', 'The cursor is not one that a list gave.', { reason: 'cursor', hint: 'List again from the beginning.' });
}
