import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import type { EmbeddedModel } from '../../../server/inference/embedded/embeddedModel.ts';
import { createModelHandlers } from '../../../server/inference/handlers.ts';
import type { KeyOwner, Keys } from '../../../server/inference/keys.ts';
import { createModels, type ModelServerChange } from '../../../server/inference/models.ts';
import type { KnownServer } from '../../../server/inference/servers.ts';
import { createHttpClient } from '../../../server/net/http.ts';
import type { RequestContext } from '../../../server/rpc/handlers.ts';
import type { ModelServer } from '../../../server/protocol/models.ts';
import type { ServerRecord } from '../../../server/store/store.ts';
import { keepLog } from '../../support/modelServer/keepLog.ts';
import { startModelServer, type ModelServer as ScriptedServer, type ModelServerOptions } from '../../support/modelServer/modelServer.ts';

const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function startServer(options: ModelServerOptions = {}): Promise<ScriptedServer> {
  const server = await startModelServer(options);
  ends.push(() => server.dispose());
  return server;
}

const asKnown = (server: ScriptedServer, id: string, kind: KnownServer['kind'] = 'openai_compatible'): KnownServer => ({ id, name: id.toUpperCase(), kind, baseUrl: server.baseUrl, isBuiltIn: true });
const deadServer: KnownServer = { id: 'dead', name: 'Dead', kind: 'ollama', baseUrl: 'http://127.0.0.1:9/v1', isBuiltIn: true };

function fakeEmbedded(state: ModelServer['state']): EmbeddedModel & { starts: number } {
  const models = state === 'not_installed' ? [] : [{ name: 'Tiny', contextTokens: 4096, supportsTools: false, isTiny: true }];
  const embedded = {
    starts: 0,
    view: (): ModelServer => ({ id: 'embedded', name: 'Tiny', kind: 'embedded', baseUrl: 'http://embedded.model/v1', hasKey: false, isBuiltIn: true, state, models }),
    start() {
      embedded.starts += 1;
      return Promise.resolve({ socketPath: '/tmp/tiny.sock' });
    },
    onChange: () => ({ dispose: () => undefined }),
    dispose: () => Promise.resolve(),
  };
  return embedded;
}

function makeModels(builtInServers: readonly KnownServer[], { embedded = fakeEmbedded('not_installed'), stored = [] as ServerRecord[], isStoreFull = false } = {}) {
  const http = createHttpClient();
  ends.push(() => http.dispose());
  const log = keepLog();
  const kept = new Map<string, string>();
  const nameOf = ({ id, baseUrl }: KeyOwner): string => `${id} ${baseUrl}`;
  const forget = (isMeant: (name: string) => boolean): Promise<void> => Promise.resolve([...kept.keys()].filter(isMeant).forEach((name) => kept.delete(name)));
  const keys: Keys = {
    get: (owner) => Promise.resolve(kept.get(nameOf(owner))),
    set: (owner, key) => Promise.resolve(void kept.set(nameOf(owner), key)),
    keepOnly: (owner) => forget((name) => name.startsWith(`${owner.id} `) && name !== nameOf(owner)),
    remove: (id) => forget((name) => name.startsWith(`${id} `)),
  };
  const removed = new Set<string>();
  const store = {
    listServers: () => Promise.resolve(stored),
    addServer: ({ server }: { server: ServerRecord }) => Promise.resolve(void stored.push(server)),
    updateServer: ({ server }: { server: Omit<ServerRecord, 'addedAt'> }) => {
      if (isStoreFull) return Promise.reject(new AppError('storage_full', 'The disk is full.', { hint: 'Free some space.' }));
      const at = stored.findIndex(({ id }) => id === server.id);
      const before = stored[at];
      if (before !== undefined) stored[at] = { ...before, ...server };
      return Promise.resolve(before !== undefined);
    },
    removeServer: ({ serverId }: { serverId: string }) => {
      const at = stored.findIndex(({ id }) => id === serverId);
      if (at !== -1) removed.add(stored.splice(at, 1)[0]!.id);
      return Promise.resolve(removed.has(serverId));
    },
  };
  const models = createModels({ store, keys, http, log, embedded, builtInServers });
  const changes: ModelServerChange[] = [];
  models.onChange((change) => changes.push(change));
  return { models, stored, kept, log, changes, embedded };
}

const auto = { kind: 'auto' } as const;

describe('the list of model servers', () => {
  it('says of each server what its probe saw, and of one that does not answer why', async () => {
    const server = await startServer({ models: [{ id: 'a', contextTokens: 16_000 }] });
    const { models } = makeModels([asKnown(server, 'one', 'vllm'), deadServer]);
    expect((await models.servers()).map(({ state }) => state)).toEqual(['unknown', 'unknown', 'not_installed']);
    const [one, dead] = await models.list();
    expect(one).toMatchObject({ id: 'one', state: 'up', models: [{ name: 'a', supportsTools: true, isTiny: false }] });
    expect(one!.latencyMs).toBeGreaterThan(0);
    expect(dead).toMatchObject({ state: 'down', models: [], error: { class: 'model_unreachable', cause: 'ECONNREFUSED', message: 'Dead does not answer at 127.0.0.1:9.' } });
  });

  it('tells its listeners of changes and not of probes that saw nothing new', async () => {
    const server = await startServer();
    const { models, changes } = makeModels([asKnown(server, 'one')]);
    await models.list();
    expect(changes.map(({ id, item }) => [id, item?.state])).toEqual([['one', 'up']]);
    models.invalidate('one');
    await models.list();
    expect(changes).toHaveLength(1);
    await server.dispose();
    models.invalidate('one');
    await models.list();
    expect(changes.at(-1)).toMatchObject({ id: 'one', item: { state: 'down' } });
  });

  it('adds a server by its address with its key, and never shows the key', async () => {
    const server = await startServer({ key: 'sk-abcdef-secret', persona: 'llamacpp' });
    const { models, stored, kept, log } = makeModels([]);
    const handlers = createModelHandlers(models);
    const added = await handlers['models/add']({ name: 'Mine', baseUrl: server.baseUrl.replace('/v1', '/'), key: 'sk-abcdef-secret' }, {} as RequestContext);
    expect(added).toMatchObject({ name: 'Mine', kind: 'llamacpp', baseUrl: server.baseUrl, hasKey: true, isBuiltIn: false, state: 'up' });
    expect(stored).toMatchObject([{ name: 'Mine', kind: 'llamacpp', baseUrl: server.baseUrl }]);
    expect([...kept.values()]).toEqual(['sk-abcdef-secret']);
    expect(JSON.stringify([added, stored, log.lines])).not.toContain('sk-abcdef-secret');
    const again = await handlers['models/add']({ name: 'Mine', baseUrl: server.baseUrl }, {} as RequestContext);
    expect(again.id).toBe(added.id);
    await expect(models.add({ name: 'Mine', baseUrl: 'http://127.0.0.1:9/v1' })).rejects.toMatchObject({ class: 'conflict', details: { serverId: added.id, name: 'Mine', baseUrl: server.baseUrl } });
    expect(stored).toHaveLength(1);
  });

  it('says of a server with a wrong key that the key was refused', async () => {
    const server = await startServer({ key: 'right' });
    const { models } = makeModels([]);
    expect(await models.add({ name: 'Locked', baseUrl: server.baseUrl, key: 'wrong' })).toMatchObject({ state: 'down', error: { class: 'model_auth' } });
  });

  it('removes what was added with its key, and nothing that is built in', async () => {
    const server = await startServer();
    const { models, kept, changes } = makeModels([deadServer]);
    const { id } = await models.add({ name: 'Mine', baseUrl: server.baseUrl, key: 'secret' });
    await models.remove(id);
    expect(kept.size).toBe(0);
    expect(changes.at(-1)).toEqual({ id, item: undefined });
    expect((await models.servers()).map((view) => view.id)).toEqual(['dead', 'embedded']);
    await models.remove(id);
    await expect(models.remove('never-there')).rejects.toMatchObject({ class: 'not_found' });
    await expect(models.remove('dead')).rejects.toMatchObject({ class: 'forbidden' });
    await expect(models.remove('embedded')).rejects.toMatchObject({ class: 'forbidden' });
  });

  it('lets an added server with a key take the place of the built-in one at its address', async () => {
    const server = await startServer();
    const { models } = makeModels([asKnown(server, 'builtin')]);
    const { id } = await models.add({ name: 'Same place', baseUrl: server.baseUrl, key: 'secret' });
    expect((await models.list()).map((view) => view.id)).toEqual([id, 'embedded']);
  });
});

describe('a change of a model server', () => {
  it('takes name, address and key at once, and its agents keep their choice', async () => {
    const before = await startServer({ key: 'old-key' });
    const after = await startServer({ key: 'new-key', persona: 'llamacpp' });
    const { models, stored, kept } = makeModels([]);
    const { id } = await models.add({ name: 'Study', baseUrl: before.baseUrl, key: 'old-key' });
    const changed = await models.update({ serverId: id, name: 'Attic', baseUrl: after.baseUrl, key: 'new-key' });
    expect(changed).toMatchObject({ id, name: 'Attic', baseUrl: after.baseUrl, kind: 'llamacpp', state: 'up', hasKey: true });
    expect(stored).toMatchObject([{ id, name: 'Attic', baseUrl: after.baseUrl, kind: 'llamacpp' }]);
    expect([...kept.values()]).toEqual(['new-key']);
    expect(await models.resolve({ kind: 'model', serverId: id, name: 'scripted' })).toMatchObject({ serverName: 'Attic', baseUrl: after.baseUrl });
  });

  it('never sends the key of one host to another', async () => {
    const before = await startServer({ key: 'old-key' });
    const after = await startServer({ key: 'another' });
    const { models, kept } = makeModels([]);
    const { id } = await models.add({ name: 'Study', baseUrl: before.baseUrl, key: 'old-key' });
    expect(await models.update({ serverId: id, baseUrl: after.baseUrl })).toMatchObject({ state: 'down', hasKey: false, error: { class: 'model_auth' } });
    expect(JSON.stringify(after.requests)).not.toContain('old-key');
    expect(kept.size).toBe(0);
  });

  it('keeps the key under another name or path, takes another one, and forgets it when asked to', async () => {
    const server = await startServer({ key: 'right' });
    const { models } = makeModels([]);
    const { id } = await models.add({ name: 'Study', baseUrl: server.baseUrl, key: 'right' });
    expect(await models.update({ serverId: id, name: 'Attic' })).toMatchObject({ state: 'up', hasKey: true });
    expect(await models.update({ serverId: id, key: 'wrong' })).toMatchObject({ state: 'down', error: { class: 'model_auth' } });
    expect(await models.update({ serverId: id, key: 'right' })).toMatchObject({ state: 'up' });
    expect(await models.update({ serverId: id, key: null })).toMatchObject({ state: 'down', hasKey: false });
  });

  it('gives a built-in server a key and nothing else', async () => {
    const server = await startServer({ key: 'right' });
    const { models } = makeModels([asKnown(server, 'one')]);
    expect((await models.list())[0]).toMatchObject({ state: 'down' });
    expect(await models.update({ serverId: 'one', key: 'right' })).toMatchObject({ state: 'up', hasKey: true, isBuiltIn: true });
    await expect(models.update({ serverId: 'one', name: 'Mine' })).rejects.toMatchObject({ class: 'forbidden' });
    await expect(models.update({ serverId: 'none', key: 'x' })).rejects.toMatchObject({ class: 'not_found' });
  });

  it('waits for the one before it: a removed server does not come back, and no address is taken back', async () => {
    const [before, after] = [await startServer(), await startServer({ persona: 'llamacpp' })];
    const { models, stored, kept } = makeModels([]);
    const { id } = await models.add({ name: 'Study', baseUrl: before.baseUrl, key: 'old-key' });
    await Promise.all([models.update({ serverId: id, baseUrl: after.baseUrl, key: 'new-key' }), models.update({ serverId: id, name: 'Attic' })]);
    expect(stored).toMatchObject([{ name: 'Attic', baseUrl: after.baseUrl, kind: 'llamacpp' }]);
    expect([...kept]).toEqual([[`${id} ${after.baseUrl}`, 'new-key']]);
    await Promise.all([models.update({ serverId: id, name: 'Cellar' }), models.remove(id)]);
    expect([(await models.servers()).map((view) => view.id), stored, kept.size]).toEqual([['embedded'], [], 0]);
  });

  it('that cannot be made leaves the server and its key as they were', async () => {
    const server = await startServer({ key: 'right' });
    const full = makeModels([], { isStoreFull: true });
    const { id } = await full.models.add({ name: 'Study', baseUrl: server.baseUrl, key: 'right' });
    await expect(full.models.update({ serverId: id, baseUrl: 'http://127.0.0.1:9/v1', key: 'new' })).rejects.toMatchObject({ class: 'storage_full' });
    expect([...full.kept]).toEqual([[`${id} ${server.baseUrl}`, 'right']]);
    expect((await full.models.list())[0]).toMatchObject({ state: 'up', baseUrl: server.baseUrl });
    const { models } = makeModels([]);
    const one = await models.add({ name: 'One', baseUrl: server.baseUrl, key: 'right' });
    await models.add({ name: 'Two', baseUrl: 'http://127.0.0.1:9/v1' });
    await expect(models.update({ serverId: one.id, name: 'Two' })).rejects.toMatchObject({ class: 'conflict', details: { name: 'Two' } });
  });
});

describe('the way from a choice to a model', () => {
  it('takes the first server of the list that answers, and there a model that is loaded', async () => {
    const first = await startServer({ persona: 'lmstudio', models: [{ id: 'cold', isLoaded: false }, { id: 'warm', isLoaded: true, contextTokens: 8192 }] });
    const second = await startServer();
    const { models } = makeModels([deadServer, asKnown(first, 'first', 'lmstudio'), asKnown(second, 'second')]);
    expect(models.peek(auto)).toBeUndefined();
    expect(await models.resolve(auto)).toMatchObject({ serverId: 'first', model: 'warm', contextTokens: 8192, isTiny: false });
    expect(models.peek(auto)).toMatchObject({ serverId: 'first', model: 'warm' });
  });

  it('gives a known route without asking anyone, and asks again after a failed dial', async () => {
    const server = await startServer();
    const { models } = makeModels([asKnown(server, 'one')]);
    await models.resolve(auto);
    const asked = server.requests.length;
    const times: number[] = [];
    for (let n = 0; n < 50; n++) {
      const start = performance.now();
      await models.resolve(auto);
      times.push(performance.now() - start);
    }
    expect(server.requests).toHaveLength(asked);
    expect(times.toSorted((a, b) => a - b)[25]).toBeLessThan(1);
    await server.dispose();
    models.invalidate('one');
    await expect(models.resolve(auto)).rejects.toMatchObject({ class: 'model_unreachable' });
  });

  it('takes the model that an agent names, with the key of its server', async () => {
    const server = await startServer({ key: 'k-123456', models: [{ id: 'a' }, { id: 'b', contextTokens: 5000 }], persona: 'vllm' });
    const { models } = makeModels([]);
    const { id } = await models.add({ name: 'Mine', baseUrl: server.baseUrl, key: 'k-123456' });
    const route = await models.resolve({ kind: 'model', serverId: id, name: 'b' });
    expect(route).toMatchObject({ serverId: id, serverName: 'Mine', model: 'b', contextTokens: 5000 });
    expect(await route.authorization()).toBe('Bearer k-123456');
    expect(JSON.stringify(route)).not.toContain('k-123456');
    await expect(models.resolve({ kind: 'model', serverId: id, name: 'nope' })).rejects.toMatchObject({ class: 'model_not_found' });
    await expect(models.resolve({ kind: 'model', serverId: 'gone', name: 'b' })).rejects.toMatchObject({ class: 'model_not_found', reason: 'no_such_server' });
  });

  it('falls back to the embedded model when no server answers, and only then starts it', async () => {
    const embedded = fakeEmbedded('up');
    const { models } = makeModels([deadServer], { embedded });
    expect(await models.resolve(auto)).toMatchObject({ serverId: 'embedded', socketPath: '/tmp/tiny.sock', model: 'Tiny', isTiny: true, supportsTools: false });
    expect(embedded.starts).toBe(1);
    expect(models.peek(auto)).toMatchObject({ serverId: 'embedded' });
    const server = await startServer();
    const others = makeModels([asKnown(server, 'one')], { embedded: fakeEmbedded('up') });
    expect(await others.models.resolve(auto)).toMatchObject({ serverId: 'one' });
    expect(others.embedded.starts).toBe(0);
    expect(await others.models.resolve({ kind: 'model', serverId: 'embedded', name: 'Tiny' })).toMatchObject({ isTiny: true });
  });

  it('does not hand a session to the embedded model that a full one has answered: it names the server that is away', async () => {
    const server = await startServer();
    const known = asKnown(server, 'one');
    const { models, embedded } = makeModels([deadServer, known], { embedded: fakeEmbedded('up') });
    const earlier = { serverId: 'one', serverName: 'ONE', baseUrl: server.baseUrl };
    expect(await models.resolve(auto, async () => earlier)).toMatchObject({ serverId: 'one' });
    await server.dispose();
    models.invalidate('one');
    await expect(models.resolve(auto, async () => earlier)).rejects.toMatchObject({
      class: 'model_unreachable',
      message: `ONE does not answer at ${new URL(server.baseUrl).host}.`,
      reason: 'ECONNREFUSED',
      hint: expect.stringContaining('embedded'),
      details: { serverId: 'one', baseUrl: server.baseUrl },
    });
    const removed = { ...earlier, serverId: 'removed', serverName: 'Gone', baseUrl: 'http://192.0.2.1:1234/v1' };
    await expect(models.resolve(auto, async () => removed)).rejects.toMatchObject({ class: 'model_unreachable', message: 'Gone does not answer at 192.0.2.1:1234.' });
    expect(embedded.starts).toBe(0);
    expect(await models.resolve(auto, async () => undefined)).toMatchObject({ serverId: 'embedded' });
    expect(await models.resolve({ kind: 'model', serverId: 'embedded', name: 'Tiny' }, async () => earlier)).toMatchObject({ serverId: 'embedded' });
  });

  it.each([
    ['refuses the key', { status: 401, body: { error: { message: 'Incorrect API key provided.' } } }, { class: 'model_auth', message: expect.stringContaining('ONE refused the key') as string }],
    ['fails', { status: 500, body: { error: { message: 'it burned' } } }, { class: 'model_error', message: expect.stringContaining('it burned') as string }],
    ['is a page', { status: 200, body: '<html>Sign in</html>' }, { class: 'model_error', reason: 'not_json' }],
    ['has no model', { status: 200, body: { data: [] } }, { class: 'model_not_found', message: 'ONE answers but has no model.' }],
  ])('does not hand a session to the embedded model where the server that answered it %s, also at the start of a gateway', async (_what, { status, body }, expected) => {
    const page = http.createServer((_request, response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)));
    ends.push(() => void page.close());
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(page.address() as AddressInfo).port}/v1`;
    const { models, embedded } = makeModels([{ id: 'one', name: 'ONE', kind: 'openai_compatible', baseUrl, isBuiltIn: true }], { embedded: fakeEmbedded('up') });
    const earlier = { serverId: 'one', serverName: 'ONE', baseUrl };
    await expect(models.resolve(auto, async () => earlier)).rejects.toMatchObject({ ...expected, details: { serverId: 'one', baseUrl } });
    await expect(models.resolve(auto, async () => earlier)).rejects.toMatchObject(expected);
    expect(embedded.starts).toBe(0);
  });

  it('names the next step when there is no model at all', async () => {
    const { models } = makeModels([deadServer]);
    await expect(models.resolve(auto)).rejects.toMatchObject({ class: 'model_unreachable', reason: 'no_server', hint: expect.stringContaining('npm start') });
    const empty = await startServer({ models: [] });
    await expect(makeModels([asKnown(empty, 'one')]).models.resolve(auto)).rejects.toMatchObject({ class: 'model_not_found', reason: 'no_models' });
  });

  it('finds a server that a person started for this very message, and when the clock was set back by an hour', async () => {
    const server = await startServer();
    const port = Number(new URL(server.baseUrl).port);
    const known = asKnown(server, 'one');
    await server.dispose();
    const { models } = makeModels([known]);
    await expect(models.resolve(auto)).rejects.toMatchObject({ class: 'model_unreachable' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    try {
      await expect(models.resolve(auto)).rejects.toMatchObject({ class: 'model_unreachable' });
      await startServer({ port });
      expect(await models.resolve(auto)).toMatchObject({ serverId: 'one' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('finds a server again that came up after it had been down', async () => {
    const server = await startServer();
    const port = Number(new URL(server.baseUrl).port);
    const known = asKnown(server, 'one');
    await server.dispose();
    const { models } = makeModels([known]);
    await expect(models.resolve({ kind: 'model', serverId: 'one', name: 'scripted' })).rejects.toMatchObject({ class: 'model_unreachable', reason: 'ECONNREFUSED' });
    await startServer({ port });
    expect(await models.resolve({ kind: 'model', serverId: 'one', name: 'scripted' })).toMatchObject({ model: 'scripted' });
  });
});
