import path from 'node:path';
import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Agents } from '../../../server/agents/agents.ts';
import { createAgentHandlers } from '../../../server/agents/handlers.ts';
import { createSouls } from '../../../server/agents/souls.ts';
import { Activity } from '../../../server/gateway/activity.ts';
import type { Policy } from '../../../server/policies/policy.ts';
import type { Sandbox } from '../../../server/protocol/sandboxes.ts';
import type { RequestContext } from '../../../server/rpc/handlers.ts';
import type { Store } from '../../../server/store/store.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';
import { openTemporaryStore, type TemporaryStore } from '../../support/store/temporaryStore.ts';

const log = createMemoryLog().of('gateway');
const context = { principal: 'owner' } as RequestContext;

/** A store that counts the rows that its calls give back. */
function countRows(store: Store): { store: Store; rows: () => number } {
  let rows = 0;
  const counting = new Proxy(store, {
    get: (target, name: keyof Store) => {
      return async (input: never) => {
        const result: unknown = await (target[name] as (given: never) => Promise<unknown>)(input);
        rows += Array.isArray(result) ? result.length : 1;
        return result;
      };
    },
  });
  return { store: counting, rows: () => rows };
}

describe('agents/create', () => {
  let rig: TemporaryStore;
  let agents: Agents;
  let handlers: ReturnType<typeof createAgentHandlers>;
  let rows: () => number;
  let policiesRead: number;

  beforeEach(async () => {
    rig = await openTemporaryStore();
    policiesRead = 0;
    const counted = countRows(rig.store);
    ({ rows } = counted);
    const souls = createSouls({ directories: [path.join(import.meta.dirname, '../../../server/agents/souls')], log });
    const loadPolicy = async (): Promise<Policy> => {
      policiesRead += 1;
      return {} as Policy;
    };
    agents = new Agents({ store: counted.store, souls, loadPolicy, usePolicy: loadPolicy, policyWords: () => 'none', sandboxOf: () => ({ phase: 'absent', isChatReady: false }) as Sandbox, peekRoute: () => undefined, activity: new Activity(), log });
    await agents.start();
    const nothing = async (): Promise<void> => undefined;
    handlers = createAgentHandlers({ store: counted.store, agents, souls, usePolicy: loadPolicy, assertEnforces: () => undefined, publish: () => undefined, stopAgent: nothing, eraseAgent: nothing, now: Date.now });
  });

  afterEach(async () => {
    agents.dispose();
    await rig.dispose();
  });

  const create = (name: string, agentId = newId()) => handlers['agents/create']({ agentId, name, soul: 'general' }, context);

  it('asks for as much when there are sixty agents as when there is none', async () => {
    const shown = new Set<string>();
    agents.onChange(({ id }) => shown.add(id));
    const costOfThirty = async (from: number): Promise<number> => {
      const before = rows() + policiesRead;
      for (let n = from; n < from + 30; n += 1) await create(`Agent ${n}`);
      await expect.poll(() => shown.size).toBe(from + 30);
      return rows() + policiesRead - before;
    };
    const [first, second] = [await costOfThirty(0), await costOfThirty(30)];
    // The rows of lists are made again beside the calls, one for each; with a look at every agent the second thirty would cost thrice the first.
    expect(second).toBeLessThan(1.5 * first);
  });

  it('gives a name to one agent only, whatever its letter case, also of two that come at once', async () => {
    const made = await Promise.allSettled([create('Ärger'), create('ÄRGER')]);
    expect(made.map(({ status }) => status).toSorted((a, b) => a.localeCompare(b))).toEqual(['fulfilled', 'rejected']);
    await expect(create('ärger')).rejects.toMatchObject({ class: 'conflict', details: { path: 'name' } });
  });

  it('is the same thing when it is said twice, also after the agent got another name, which is taken from then on', async () => {
    const id = newId();
    const { revision } = await create('First', id);
    await handlers['agents/update']({ agentId: id, revision, name: 'Second' }, context);
    expect(await create('First', id)).toMatchObject({ id, name: 'Second' });
    await expect(create('second')).rejects.toMatchObject({ class: 'conflict' });
    expect(await create('First')).toMatchObject({ name: 'First' });
  });

  it('takes the name of an agent that is gone, and of one that was not made', async () => {
    const { id } = await create('Gone');
    await handlers['agents/delete']({ agentId: id }, context);
    await expect(create('Never', id)).rejects.toMatchObject({ class: 'conflict' });
    expect([(await create('Gone')).name, (await create('Never')).name]).toEqual(['Gone', 'Never']);
  });
});
