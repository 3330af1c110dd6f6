import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLimitHandlers } from '../../../server/limits/handlers.ts';
import { Limits } from '../../../server/limits/limits.ts';
import type { Machine } from '../../../server/limits/machine.ts';
import { api } from '../../../server/protocol/api.ts';
import type { RequestContext } from '../../../server/rpc/handlers.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';
import { TemporaryStore } from '../../support/store/temporaryStore.ts';

const machine: Machine = { cores: 2, memoryBytes: 24 * 1024 ** 3, openFiles: 20_000, processes: undefined };
const context = {} as RequestContext;

describe('limits', () => {
  const temporary = new TemporaryStore();
  const log = createMemoryLog();
  const open = (on = machine): Promise<Limits> => Limits.open({ store: temporary.store, machine: on, log: log.of('gateway') });
  const handlersOf = (limits: Limits) => createLimitHandlers({ limits, holderOf: (name) => (name === 'memoryBytes' ? 'cgroup' : undefined) });

  beforeEach(async () => {
    await temporary.open();
  });
  afterEach(() => temporary.dispose());

  it('are listed with what they are, may be and are held by, each within its own bounds', async () => {
    const { items } = await handlersOf(await open())['limits/list']({}, context);
    expect(api.limits.list.result.parse({ items })).toEqual({ items });
    for (const { value, default: usual, least, most } of items) expect(value === usual && usual >= least && usual <= most).toBe(true);
    expect(items.find(({ name }) => name === 'memoryBytes')).toMatchObject({ label: 'Memory of a task', unit: 'bytes', enforcedBy: 'cgroup' });
    expect(items.find(({ name }) => name === 'processes')).not.toHaveProperty('enforcedBy');
    expect(items.find(({ name }) => name === 'openFiles')).toMatchObject({ most: 20_000 });
    expect(items.find(({ name }) => name === 'turnTokens')).toMatchObject({ enforcedBy: 'gateway' });
  });

  it('count from the moment in which they are set, and after the gateway started anew, until they get their default back', async () => {
    const limits = await open();
    const heard: string[] = [];
    limits.onChanged((name) => heard.push(name));
    expect(await handlersOf(limits)['limits/set']({ name: 'tasks', value: 7 }, context)).toMatchObject({ name: 'tasks', value: 7, default: limits.get('tasks', () => undefined).default });
    expect(limits.values.tasks).toBe(7);
    await temporary.reopen();
    const again = await open();
    expect(again.values.tasks).toBe(7);
    await again.set('tasks', null);
    await temporary.reopen();
    expect((await open()).values).toEqual((await open()).values);
    expect((await open()).values.tasks).toBe(limits.get('tasks', () => undefined).default);
    expect(heard).toEqual(['tasks']);
  });

  it('refuse what is out of their bounds and stay as they were', async () => {
    const limits = await open();
    const before = limits.values;
    for (const value of [0, 20_001]) await expect(limits.set('openFiles', value)).rejects.toMatchObject({ class: 'invalid_params', details: { path: 'value', least: 128, most: 20_000 } });
    expect(limits.values).toEqual(before);
  });

  it('fall back to their default, and say so, where a stored value is none that this machine takes', async () => {
    await (await open()).set('openFiles', 20_000);
    await temporary.store.setSetting({ key: 'limit.tasks', value: '"many"' });
    const smaller = await open({ ...machine, openFiles: 4096 });
    expect(smaller.values).toMatchObject({ openFiles: 1024, tasks: smaller.get('tasks', () => undefined).default });
    expect(log.entries.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('let at least four tasks run at once on the smallest machine, and more on a larger one', async () => {
    const tasksOn = async (cores: number, gibibytes: number): Promise<number> => (await open({ ...machine, cores, memoryBytes: gibibytes * 1024 ** 3 })).values.tasks;
    expect(await tasksOn(1, 0.5)).toBe(4);
    expect(await tasksOn(2, 24)).toBeGreaterThanOrEqual(50);
    expect(await tasksOn(16, 8)).toBeLessThan(await tasksOn(16, 64));
  });
});
