import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Opening } from '../../../server/agents/opening.ts';
import { AppError } from '../../../server/base/appError.ts';
import type { Sandbox } from '../../../server/protocol/sandboxes.ts';
import { Sandbox as SandboxSchema } from '../../../server/protocol/sandboxes.ts';
import type { Session } from '../../../server/protocol/sessions.ts';
import { createSandboxHandlers } from '../../../server/sandboxes/handlers.ts';
import { SandboxRegistry, type SandboxAgent } from '../../../server/sandboxes/registry.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';
import { FakeEngine, policyOf } from './fakeEngine.ts';

const id = (digit: string): string => `00000000-0000-7000-8000-00000000000${digit}`;
const coder: SandboxAgent = { id: id('1'), name: 'Coder', policy: policyOf() };
const unsupported = new AppError('sandbox_unsupported', 'bubblewrap is not installed.', { reason: 'bubblewrap_missing', hint: 'Install it.' });

let folder: string;
let engine: FakeEngine;
let registry: SandboxRegistry;
let changes: (Sandbox | undefined)[];

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-registry-'));
  engine = new FakeEngine(folder);
  registry = new SandboxRegistry({ engine, log: createMemoryLog().of('sandbox'), now: () => 42 });
  changes = [];
  registry.onChanged(({ item }) => changes.push(item));
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('SandboxRegistry', () => {
  it('shows a sandbox that nobody asked for as absent', () => {
    expect(SandboxSchema.parse(registry.view(coder))).toMatchObject({ agentId: coder.id, label: 'logos-coder', phase: 'absent', isChatReady: false });
  });

  it('looks whether the engine can hold a sandbox without starting one, and says what it needs', async () => {
    const handlers = createSandboxHandlers({ registry } as unknown as Parameters<typeof createSandboxHandlers>[0]);
    expect(await handlers['sandboxes/check']({})).toMatchObject({ engine: 'bubblewrap', version: expect.any(String) });
    engine.probeError = unsupported;
    expect(await handlers['sandboxes/check']({})).toMatchObject({ engine: 'bubblewrap', limits: [], error: { class: 'sandbox_unsupported', hint: 'Install it.' } });
    expect([registry.view(coder).phase, changes]).toEqual(['absent', []]);
  });

  it('makes and probes a sandbox, and tells each step', async () => {
    const sandbox = await registry.ensure(coder);
    expect(fs.existsSync(sandbox.homePath)).toBe(true);
    expect(changes.map((change) => change?.phase)).toEqual(['starting', 'ready']);
    expect(SandboxSchema.parse(registry.view(coder))).toMatchObject({ phase: 'ready', isChatReady: true, apiLatencyMs: 1, lastProbeAt: 42, apiVersion: 'fake 1.0' });
  });

  it('starts once for callers that come together, and gives a ready sandbox without asking the engine', async () => {
    const [a, b] = await Promise.all([registry.ensure(coder), registry.ensure(coder)]);
    expect(a).toBe(b);
    expect(await registry.ensure(coder)).toBe(a);
    expect(engine.probes).toBe(1);
  });

  it('probes once for all sandboxes of the engine', async () => {
    await Promise.all([registry.ensure(coder), registry.ensure({ ...coder, id: id('2') })]);
    await registry.ensure({ ...coder, id: id('3') });
    expect(engine.probes).toBe(1);
  });

  it('says why a start failed, keeps that as the state, and tries anew when asked again', async () => {
    engine.probeError = unsupported;
    await expect(registry.ensure(coder)).rejects.toMatchObject({ class: 'sandbox_unsupported' });
    expect(registry.view(coder)).toMatchObject({ phase: 'failed', error: { class: 'sandbox_unsupported', cause: 'bubblewrap_missing', hint: 'Install it.' } });
    engine.probeError = undefined;
    await registry.ensure(coder);
    expect(registry.view(coder)).toMatchObject({ phase: 'ready', isChatReady: true });
    expect(registry.view(coder).error).toBeUndefined();
  });

  it('refuses a policy that the engine cannot enforce before anything is made', async () => {
    const policy = policyOf('network_policies: { a: { endpoints: [{ host: a.example, port: 1 }] } }');
    await expect(registry.ensure({ ...coder, policy })).rejects.toMatchObject({ class: 'policy_unenforceable' });
    expect(engine.probes).toBe(0);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('calls what an engine did not foresee a sandbox that is not there', async () => {
    engine.prepare = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    await expect(registry.ensure(coder)).rejects.toMatchObject({ class: 'sandbox_unavailable', message: expect.stringContaining('no space') });
  });

  it('makes a sandbox anew whose home vanished', async () => {
    const { homePath } = await registry.ensure(coder);
    fs.rmSync(homePath, { recursive: true });
    expect((await registry.ensure(coder)).homePath).toBe(homePath);
    expect(fs.existsSync(homePath)).toBe(true);
  });

  it('prepares anew when the policy changed, also while it starts under the old one', async () => {
    const other = policyOf('filesystem_policy: { read_only: [/usr, /lib, /lib64] }');
    const [before, after] = await Promise.all([registry.ensure(coder), registry.ensure({ ...coder, policy: other })]);
    expect(after.hash).not.toBe(before.hash);
    expect((await registry.ensure({ ...coder, policy: other })).hash).toBe(other.hash);
  });

  it('counts running tasks', async () => {
    await registry.ensure(coder);
    registry.taskStarted(coder.id);
    registry.taskStarted(coder.id);
    registry.taskEnded(coder.id, undefined);
    expect(registry.view(coder)).toMatchObject({ runningTasks: 1, isChatReady: true });
  });

  it('is unhealthy after a transport failure until a probe succeeds, which it asks for by itself', async () => {
    await registry.ensure(coder);
    engine.letGo = () => undefined;
    registry.taskStarted(coder.id);
    registry.taskEnded(coder.id, { class: 'sandbox_disconnected', message: 'm', cause: 'c', hint: 'h', retryable: true });
    expect(registry.view(coder).isChatReady).toBe(false);
    expect(engine.probes).toBe(2);
    engine.letGo();
    await registry.ensure(coder);
    expect(registry.view(coder)).toMatchObject({ isChatReady: true, runningTasks: 0 });
  });

  it('gives no task a sandbox that was made before a limit was set, also when that came while it was made', async () => {
    engine.letGo = () => undefined;
    const before = registry.ensure(coder);
    await expect.poll(() => engine.probes).toBe(1);
    const letFirstGo = engine.letGo;
    registry.recheckAll();
    engine.letGo = undefined;
    const after = registry.ensure(coder);
    await expect.poll(() => engine.probes).toBe(2);
    letFirstGo();
    expect(await after).not.toBe(await before);
    expect(await registry.ensure(coder)).toBe(await after);
    expect(registry.holderOf('processes')).toBe('rlimit');
  });

  it('probes ready sandboxes again after the machine slept, and leaves absent ones alone', async () => {
    await registry.ensure(coder);
    registry.recheckAll();
    await expect.poll(() => engine.probes).toBe(2);
    await expect.poll(() => registry.view(coder).isChatReady).toBe(true);
  });

  it('resets: the home is new and empty', async () => {
    const { homePath } = await registry.ensure(coder);
    fs.writeFileSync(path.join(homePath, 'file'), '');
    await registry.reset(coder);
    expect(fs.readdirSync(homePath)).toEqual([]);
    expect(registry.view(coder).isChatReady).toBe(true);
  });

  it('removes: the home is gone, and listeners hear that the sandbox is', async () => {
    const { homePath } = await registry.ensure(coder);
    await registry.remove(coder.id);
    expect(fs.existsSync(homePath)).toBe(false);
    expect(changes.at(-1)).toBeUndefined();
    expect(registry.view(coder).phase).toBe('absent');
  });

  it('starts nothing once it is disposed', async () => {
    await registry.dispose();
    await expect(registry.ensure(coder)).rejects.toMatchObject({ class: 'sandbox_unavailable', reason: 'disposed' });
  });
});

describe('createSandboxHandlers', () => {
  const agents = [coder, { ...coder, id: id('2'), name: 'Analyst' }, { ...coder, id: id('3'), name: 'Writer' }];
  const stopped: string[] = [];
  const find = async (agentId: string): Promise<SandboxAgent> => {
    const agent = agents.find((each) => each.id === agentId);
    if (agent === undefined) throw new AppError('not_found', 'There is no such agent.', { hint: 'List the agents.' });
    return agent;
  };
  const warmed: string[] = [];
  const handlers = (loadAgent = find) => {
    const opening = new Opening({
      agents: { load: loadAgent, record: find },
      registry,
      dispatcher: { prewarm: ({ sandbox }) => void warmed.push(sandbox.spec.agentId) },
      store: { getSession: async () => undefined },
    });
    const provision = (agentId: string): Promise<void> => opening.provision(agentId);
    return createSandboxHandlers({ registry, listAgents: async () => agents, getAgent: find, loadAgent, provision, stopTasks: async (agentId) => void stopped.push(agentId) });
  };

  it('lists by the name of the agent, in pages', async () => {
    const first = await handlers()['sandboxes/list']({ limit: 2 });
    expect(first.items.map(({ label }) => label)).toEqual(['logos-analyst', 'logos-coder']);
    const second = await handlers()['sandboxes/list']({ limit: 2, cursor: first.nextCursor });
    expect(second.items.map(({ label }) => label)).toEqual(['logos-writer']);
    expect(second.nextCursor).toBeUndefined();
    await expect(handlers()['sandboxes/list']({ cursor: 'made-up' })).rejects.toMatchObject({ class: 'invalid_params' });
  });

  it('answers a start at once with the phase, and events tell the rest', async () => {
    engine.letGo = () => undefined;
    expect(await handlers()['sandboxes/start']({ agentId: coder.id })).toMatchObject({ phase: 'starting' });
    engine.letGo();
    await expect.poll(() => changes.at(-1)?.phase).toBe('ready');
    await expect.poll(() => warmed).toEqual([coder.id]);
  });

  it('keeps a policy that does not parse as the cause of the failure', async () => {
    const broken = async (): Promise<SandboxAgent> => { throw new AppError('policy_invalid', 'bad', { hint: 'h' }); };
    expect(await handlers(broken)['sandboxes/start']({ agentId: coder.id })).toMatchObject({ phase: 'failed', error: { class: 'policy_invalid' } });
  });

  it('provisions nothing for a session that is opened only to be read, because it was deleted', async () => {
    const loaded: string[] = [];
    const session = (deletedAt?: number) => ({ id: id('7'), agentId: coder.id, ...(deletedAt === undefined ? {} : { deletedAt }) }) as Session;
    for (const stored of [session(5), session()]) {
      const opening = new Opening({
        agents: { load: async (agentId) => (loaded.push(stored.deletedAt === undefined ? 'live' : 'deleted'), await find(agentId)), record: find },
        registry,
        dispatcher: { prewarm: () => undefined },
        store: { getSession: async () => stored },
      });
      opening.open(session().id);
    }
    await expect.poll(() => loaded).toContain('live');
    expect(loaded).toEqual(['live']);
  });

  it('stops the tasks before it resets', async () => {
    expect(await handlers()['sandboxes/reset']({ agentId: coder.id })).toMatchObject({ isChatReady: true });
    expect(stopped).toEqual([coder.id]);
  });

  it('does not know the sandbox of an agent that is not there', async () => {
    await expect(handlers()['sandboxes/get']({ agentId: id('9') })).rejects.toMatchObject({ class: 'not_found' });
    await expect(handlers()['sandboxes/start']({ agentId: id('9') })).rejects.toMatchObject({ class: 'not_found' });
  });
});
