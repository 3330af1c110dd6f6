import fs from 'node:fs';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, isRunning, ServerUnderTest } from '../support/client/serverProcess.ts';
import { frameOf, type RpcClient, type RpcError, type WireMessage } from '../support/client/rpcClient.ts';

/** What this suite takes from the published document; nothing of the server is imported. */
interface Method {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: Record<string, unknown> }[];
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly 'x-additionalParams': boolean;
}
const root = path.resolve(import.meta.dirname, '../..');
const entry = path.join(root, 'dist', 'server.js');
const document = JSON.parse(fs.readFileSync(path.join(root, 'docs', 'protocol', 'openrpc.json'), 'utf8')) as { methods: Method[]; 'x-errorClasses': Record<string, { code: number }> };
const methods = document.methods.filter(({ name }) => name !== 'initialize' && name !== 'shutdown');
/** No model server of this machine is asked. */
const environment = { LOGOS_MODEL_SERVERS: 'none' };

const failure = (promise: Promise<unknown>): Promise<RpcError> =>
  promise.then(
    (result) => expect.fail(`answered ${JSON.stringify(result)}`),
    (error: RpcError) => error,
  );

/** Something of another type than the schema asks for. */
function wrongFor(schema: Record<string, unknown>): unknown {
  return schema['type'] === 'object' || schema['anyOf'] !== undefined || schema['oneOf'] !== undefined ? true : { wrong: 'type' };
}

describe('the protocol over --stdio', { timeout: 60_000 }, () => {
  const server = new ServerUnderTest(entry, environment);
  let client: RpcClient;
  let agentId = '';

  beforeAll(async () => {
    client = await server.connect('first');
    const { items } = await client.request<{ items: { id: string }[] }>('agents/list', {});
    agentId = items[0]?.id ?? '';
  });
  afterAll(() => server.dispose());

  const createSession = async (): Promise<string> => {
    const sessionId = randomUUID();
    await client.request('sessions/create', { sessionId, agentId });
    return sessionId;
  };
  const send = (sessionId: string, text = 'hello', messageId: string = randomUUID(), by = client): Promise<{ turnId: string; seq: number }> => by.request('chat/send', { sessionId, messageId, text });
  const kinds = (by: RpcClient, subscriptionId: string): string[] => by.events('sessions/event', subscriptionId).map((event) => (event['event'] as { kind: string }).kind);
  const ended = (by: RpcClient, subscriptionId: string): Promise<void> => by.waitUntil(() => kinds(by, subscriptionId).includes('turn.ended'), 'the end of the turn', 30_000);

  it('comes with agents', () => expect(agentId).toMatch(/^[0-9a-f-]{36}$/));

  it.each(methods.map(({ name }) => name))('refuses params of %s that are wrong, and names the place', async (name) => {
    const method = methods.find((each) => each.name === name);
    expect(await failure(client.request(name, [1, 2]))).toMatchObject({ code: -32602, errorClass: 'invalid_params' });
    expect(await failure(client.request(name, { 'no-such-param': 1 }))).toMatchObject({ code: -32602 });
    for (const param of method?.params ?? []) {
      const error = await failure(client.request(name, { [param.name]: wrongFor(param.schema) }));
      expect(error, param.name).toMatchObject({ code: -32602, errorClass: 'invalid_params' });
      const issues = error.details?.['issues'] as { path: string }[];
      expect(issues.map(({ path: place }) => place.split('.')[0]), param.name).toContain(param.name);
    }
  });

  it.each(['two words', 'sk-1\r\nX-More: 1', 'clé', ''])('refuses %j as the key of a model server, and does not repeat it', async (key) => {
    const error = await failure(client.request('models/add', { name: 'Locked', baseUrl: 'http://127.0.0.1:9/v1', key }));
    expect(error).toMatchObject({ errorClass: 'invalid_params', message: expect.stringContaining('copy it again') });
    if (key !== '') expect(JSON.stringify(error)).not.toContain(JSON.stringify(key).slice(1, -1));
  });

  it('answers every method that needs no params with a result, and the others with one of the classes that they name', async () => {
    for (const { name, params, errors } of methods) {
      if (name === 'gateway/stop') continue;
      const values = params.filter(({ required }) => required).map((param) => [param.name, plausible(param.name)] as const);
      const result = await client.request(name, Object.fromEntries(values)).then(
        () => 'a result',
        (error: RpcError) => error.errorClass,
      );
      expect([...errors.map(({ message }) => message), 'a result'], name).toContain(result);
      expect(result, name).not.toBe('internal');
    }
  });

  it('knows no other methods', async () => {
    for (const name of ['', 'agents', 'agents/', 'chat/sendd', 'constructor', '__proto__', 'toString', 'gateway/event', 'agents/list/x']) {
      expect(await failure(client.request(name, {})), name).toMatchObject({ code: -32601, errorClass: 'unknown_method' });
    }
  });

  it('answers what is no message, and closes with an error on what is no frame', async () => {
    const other = await server.connect();
    const bad: [string | Uint8Array, number][] = [['{', -32700], ['[]', -32600], ['{"jsonrpc":"1.0","id":1,"method":"agents/list"}', -32600], [Uint8Array.of(0xc3, 0x28), -32700]];
    for (const [body, code] of bad) {
      const before = other.received.length;
      other.sendRaw(frameOf(body));
      await other.waitUntil(() => other.received.length > before, 'the answer');
      expect(other.received[before]).toMatchObject({ jsonrpc: '2.0', error: { code, data: { hint: expect.any(String) } } });
    }
    expect(await other.request('souls/list', {})).toHaveProperty('items');
    other.sendRaw('Content-Length: -1\r\n\r\n{}');
    await other.waitForEnd();
    expect(other.received.at(-1)).toMatchObject({ id: null, error: { code: -32700 } });
  });

  it('answers or refuses each of three requests with one id in flight, and takes the ids 1 and "1" for two', async () => {
    const other = await server.connect();
    const ask = (id: string | number): Buffer => frameOf(JSON.stringify({ jsonrpc: '2.0', id, method: 'souls/list', params: {} }));
    const answersTo = (id: string | number): WireMessage[] => other.received.filter((message) => message.id === id && message.method === undefined);
    for (const id of ['three', 9_000]) {
      const session = randomUUID();
      const slow = frameOf(JSON.stringify({ jsonrpc: '2.0', id, method: 'sessions/create', params: { sessionId: session, agentId } }));
      other.sendRaw(Buffer.concat([slow, ask(id), ask(id)]));
      await other.waitUntil(() => answersTo(id).length === 3, `three answers to ${id}`);
      const refused = answersTo(id).filter(({ error }) => error?.data?.cause === 'id_in_use');
      const answered = answersTo(id).filter(({ result }) => result !== undefined);
      expect(refused.length + answered.length).toBe(3);
      expect(answered.length).toBeGreaterThan(0);
      expect(await other.request('sessions/get', { sessionId: session })).toMatchObject({ id: session });
    }
    const before = other.received.length;
    other.sendRaw(Buffer.concat([ask(9_001), ask('9001')]));
    await other.waitUntil(() => other.received.length === before + 2, 'both answers');
    for (const id of [9_001, '9001']) expect(answersTo(id)).toMatchObject([{ result: { items: expect.any(Array) as unknown } }]);
  });

  it('takes the same session and message again for the same, with other content for a conflict', async () => {
    const sessionId = await createSession();
    await client.request('sessions/create', { sessionId, agentId });
    const messageId = randomUUID();
    const first = await send(sessionId, 'hello', messageId);
    const all = await Promise.all([send(sessionId, 'hello', messageId), send(sessionId, 'hello', messageId)]);
    expect(all).toEqual([first, first]);
    expect(await failure(send(sessionId, 'other', messageId))).toMatchObject({ errorClass: 'conflict', code: 1002 });
    const { turns } = await client.request<{ turns: unknown[] }>('sessions/turns', { sessionId });
    const { snapshot } = await client.request<{ snapshot: { turns: unknown[]; queue: unknown[] } }>('sessions/subscribe', { subscriptionId: randomUUID(), sessionId });
    expect(snapshot.turns.length + snapshot.queue.length).toBe(1);
    expect(turns.length).toBeLessThanOrEqual(1);
  });

  it('tells two clients of the same session the same events, each once, in order, after its reply', async () => {
    const sessionId = await createSession();
    const second = await server.connect('second');
    const subscriptions = [
      { by: client, id: randomUUID() },
      { by: second, id: randomUUID() },
    ];
    for (const { by, id } of subscriptions) await by.request('sessions/subscribe', { subscriptionId: id, sessionId });
    await send(sessionId, 'hello', randomUUID(), second);
    for (const { by, id } of subscriptions) await ended(by, id);
    const [one, two] = subscriptions.map(({ by, id }) => by.events('sessions/event', id).map(({ subscriptionId: _own, ...event }) => event));
    const common = Math.min(one?.length ?? 0, two?.length ?? 0);
    expect(common).toBeGreaterThan(2);
    expect(one?.slice(0, common)).toEqual(two?.slice(0, common));
    let last = Number(one?.[0]?.['prev']);
    for (const event of one ?? []) {
      expect(event['prev']).toBe(last);
      last = Number(event['seq']);
    }
    second.endInput();
  });

  it('resumes after any seq with all that followed, and with nothing before its reply', async () => {
    const sessionId = await createSession();
    const whole = randomUUID();
    await client.request('sessions/subscribe', { subscriptionId: whole, sessionId, after: 0 });
    await send(sessionId);
    await ended(client, whole);
    const { snapshot } = await client.request<{ snapshot: { seq: number } }>('sessions/subscribe', { subscriptionId: randomUUID(), sessionId });
    await client.waitUntil(() => client.events('sessions/event', whole).at(-1)?.['seq'] === snapshot.seq, 'the last event');
    for (const from of [0, 1, snapshot.seq - 1]) {
      const later = await server.connect();
      const id = randomUUID();
      const asked = later.begin('sessions/subscribe', { subscriptionId: id, sessionId, after: from });
      expect(await later.answer(asked)).toEqual({ resumed: true, at: expect.any(Number) });
      await later.waitUntil(() => later.events('sessions/event', id).at(-1)?.['seq'] === snapshot.seq, 'the last event');
      const events = later.events('sessions/event', id);
      expect(events[0]).toMatchObject({ prev: from });
      expect(later.received.findIndex((message) => message.id === asked)).toBeLessThan(later.received.findIndex((message) => message.method === 'sessions/event'));
      expect(events.map(({ seq }) => Number(seq)).every((seq, index, all) => seq > (all[index - 1] ?? from))).toBe(true);
      later.endInput();
    }
    expect(await client.request('sessions/subscribe', { subscriptionId: randomUUID(), sessionId, after: 1_000_000 })).toMatchObject({ resumed: false });
  });

  it('ends a turn for which there is no model with a class, a cause and a hint', async () => {
    const sessionId = await createSession();
    const id = randomUUID();
    await client.request('sessions/subscribe', { subscriptionId: id, sessionId });
    await send(sessionId);
    await ended(client, id);
    const end = client.events('sessions/event', id).map(({ event }) => event as { kind: string; outcome?: string; error?: Record<string, unknown> }).find(({ kind }) => kind === 'turn.ended');
    expect(end).toMatchObject({ outcome: 'failed', error: { class: expect.any(String), cause: expect.any(String), hint: expect.stringMatching(/.../) } });
    expect(Object.keys(document['x-errorClasses'])).toContain(end?.error?.['class']);
  });

  it('tells changes of sessions and agents to those who follow them', async () => {
    const id = randomUUID();
    const lists = await client.request<{ sessions: { revision: number }; agents: { items: unknown[] } }>('gateway/subscribe', { subscriptionId: id, topics: ['sessions', 'agents'] });
    expect(lists.agents.items.length).toBeGreaterThan(0);
    const sessionId = await createSession();
    await client.waitUntil(() => client.events('gateway/event', id).some(({ change }) => (change as { id: string }).id === sessionId), 'the new session');
    const revisions = client.events('gateway/event', id).filter(({ change }) => (change as { topic: string }).topic === 'sessions').map(({ revision }) => Number(revision));
    expect(revisions).toEqual(revisions.map((_, index) => lists.sessions.revision + index + 1));
    await client.request('unsubscribe', { subscriptionId: id });
  });

  it('refuses a raw connection without the token, and lets one with it in', async () => {
    const refused = await server.connectSocket();
    expect(await failure(refused.initialize('a'.repeat(43)))).toMatchObject({ code: 1003, errorClass: 'forbidden', reason: 'token' });
    await refused.waitForEnd();
    const admitted = await server.connectSocket();
    expect(await failure(admitted.request('agents/list', {}))).toMatchObject({ code: -32002 });
    await admitted.initialize(server.readPointer().token);
    expect(await admitted.request('souls/list', {})).toHaveProperty('items');
    admitted.endInput();
    await admitted.waitForEnd();
  });

  it('never tells the token, neither in answers nor in the log', async () => {
    const { token } = server.readPointer();
    await client.request('gateway/status', {});
    await client.request('logs/tail', { limit: 2000, level: 'trace' });
    expect(JSON.stringify(client.received)).not.toContain(token);
    for (const file of fs.readdirSync(path.join(server.home, 'logs'))) expect(fs.readFileSync(path.join(server.home, 'logs', file), 'utf8')).not.toContain(token);
  });

  it('keeps what was acknowledged over kill -9, and says the same of it afterwards', async () => {
    const sessionId = await createSession();
    const messageId = randomUUID();
    const accepted = await send(sessionId, 'kept', messageId);
    const { pid } = server.readPointer();
    process.kill(pid, 'SIGKILL');
    await client.waitForEnd();
    client = await server.connect('after the kill');
    expect(server.readPointer().pid).not.toBe(pid);
    expect(await send(sessionId, 'kept', messageId)).toEqual(accepted);
    const { snapshot } = await client.request<{ snapshot: { turns: { message: { id: string } }[]; queue: { message: { id: string } }[] } }>('sessions/subscribe', { subscriptionId: randomUUID(), sessionId });
    expect([...snapshot.turns, ...snapshot.queue].map(({ message }) => message.id)).toEqual([messageId]);
  });

  it('stops when idle, once it is', async () => {
    const { pid } = server.readPointer();
    await eventually(async () => client.request('gateway/stop', { when: 'idle' }).then(() => true, (error: RpcError) => error.errorClass !== 'conflict'), 'the stop');
    await eventually(() => !isRunning(pid), 'the end of the gateway');
    await client.waitForEnd();
  });
});

/** A value that has the right shape and names nothing that exists. */
function plausible(name: string): unknown {
  if (name === 'topics') return ['agents'];
  if (name === 'revision') return 1;
  if (name === 'mode') return 'retry';
  if (name === 'model') return { kind: 'auto' };
  if (name === 'soul') return 'no-such-soul';
  if (name === 'baseUrl') return 'http://127.0.0.1:9/v1';
  if (name.endsWith('Id')) return randomUUID();
  return 'text';
}
