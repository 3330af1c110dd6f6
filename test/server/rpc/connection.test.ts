import { describe, expect, it } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import { connectInMemory, testToken, type SomeHandlers } from '../../support/loopback.ts';
import { frameOf, type RpcError } from '../../support/client/rpcClient.ts';

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

async function ready(handlers: SomeHandlers = {}) {
  const pair = connectInMemory(handlers);
  await pair.client.initialize(testToken);
  return pair;
}

const failure = (promise: Promise<unknown>): Promise<RpcError> =>
  promise.then(
    (result) => expect.fail(`answered ${JSON.stringify(result)}`),
    (error: RpcError) => error,
  );

describe('Connection', () => {
  it('refuses every request before initialize, and goes on', async () => {
    const { client } = connectInMemory({});
    expect(await failure(client.request('agents/list', {}))).toMatchObject({ code: -32002, errorClass: 'not_initialized' });
    expect(await failure(client.request('shutdown'))).toMatchObject({ code: -32002 });
    expect(await client.initialize(testToken)).toMatchObject({ serverInfo: { name: 'logos' } });
  });

  it('lets a client without the token go after saying why', async () => {
    for (const token of [undefined, '', 'other', `${testToken}x`]) {
      const { client, connection } = connectInMemory({});
      expect(await failure(client.initialize(token))).toMatchObject({ code: 1003, errorClass: 'forbidden', reason: 'token' });
      await client.waitForEnd();
      client.endInput();
      await connection.closed;
    }
  });

  it('takes initialize with unknown fields, once, in its own version only', async () => {
    const { client } = connectInMemory({});
    const params = (protocol: number): object => ({ trace: 'off', workspaceFolders: null, initializationOptions: { other: 1, logos: { protocol, token: testToken, extra: true } } });
    expect(await failure(client.request('initialize', params(2)))).toMatchObject({ errorClass: 'invalid_params', reason: 'protocol_version', details: { supported: 1 } });
    await client.request('initialize', params(1));
    expect(await failure(client.request('initialize', params(1)))).toMatchObject({ code: -32600, reason: 'initialized' });
  });

  it('answers shutdown, then nothing but a refusal, and ends at exit', async () => {
    const { client, connection } = await ready();
    expect(await client.request('shutdown')).toBeNull();
    expect(await failure(client.request('agents/list', {}))).toMatchObject({ code: -32600, reason: 'shut_down' });
    client.notify('exit');
    await client.waitForEnd();
    client.endInput();
    await connection.closed;
  });

  it('answers bad JSON, batches and misshapen messages, and keeps the connection', async () => {
    const { client } = await ready();
    const bad: [string, number, string][] = [
      ['{"jsonrpc":', -32700, 'bad_json'],
      ['', -32700, 'bad_json'],
      ['[{"jsonrpc":"2.0","id":1,"method":"agents/list"}]', -32600, 'batch'],
      ['"text"', -32600, 'not_an_object'],
      ['null', -32600, 'not_an_object'],
      ['{"id":1,"method":"x"}', -32600, 'version'],
      ['{"jsonrpc":"2.0","id":90}', -32600, 'method'],
      ['{"jsonrpc":"2.0","id":91,"method":7}', -32600, 'method'],
      ['{"jsonrpc":"2.0","id":92,"method":"agents/list","params":3}', -32600, 'params'],
      ['{"jsonrpc":"2.0","id":null,"method":"agents/list"}', -32600, 'id'],
      ['{"jsonrpc":"2.0","id":{"a":1},"method":"agents/list"}', -32600, 'id'],
      ['{"jsonrpc":"2.0","id":1.5,"method":"agents/list"}', -32600, 'id'],
    ];
    for (const [body, code, cause] of bad) {
      const before = client.received.length;
      client.sendRaw(frameOf(body));
      await client.waitUntil(() => client.received.length > before, `the answer to ${body}`);
      expect(client.received[before]?.error, body).toMatchObject({ code, data: { cause, hint: expect.stringContaining('JSON-RPC') } });
    }
    client.sendRaw(frameOf(Uint8Array.of(0xff)));
    await client.waitFor((message) => message.error?.data?.cause === 'not_utf8', 'the answer to bytes that are no text');
    expect(await failure(client.request('no/such'))).toMatchObject({ code: -32601, errorClass: 'unknown_method' });
  });

  it('closes after a clear error when the frames have lost step', async () => {
    for (const [bytes, cause] of [['Content-Length: -5\r\n\r\n', 'framing'], ['Content-Length: 17000000\r\n\r\n', 'too_large']] as const) {
      const { client } = await ready();
      client.sendRaw(bytes);
      await client.waitForEnd();
      expect(client.received.at(-1)).toMatchObject({ id: null, error: { message: expect.stringContaining('closed'), data: { cause } } });
    }
  });

  it('ignores notifications that it does not know, answers that nobody asked for, and cancels without sense', async () => {
    const { client } = await ready({ 'souls/list': async () => ({ items: [], broken: [] }) });
    client.notify('$/setTrace', { value: 'off' });
    client.notify('$/cancelRequest');
    client.notify('$/cancelRequest', { id: null });
    client.notify('$/cancelRequest', { id: 'never asked' });
    client.notify('anything/else', [1, 2]);
    client.send({ jsonrpc: '2.0', id: 4711, result: {} });
    client.send({ jsonrpc: '2.0', id: 4711, error: 'wrong' });
    expect(await client.request('souls/list', {})).toEqual({ items: [], broken: [] });
    expect(client.received.filter((message) => message.error !== undefined)).toEqual([]);
  });

  it('names the wrong path of the params', async () => {
    const { client } = await ready({ 'chat/send': async () => ({ turnId: id(1), seq: 1 }) });
    const good = { sessionId: id(1), messageId: id(2), text: 'hello' };
    expect(await failure(client.request('chat/send', { ...good, text: '' }))).toMatchObject({ code: -32602, errorClass: 'invalid_params', details: { path: 'text' } });
    expect(await failure(client.request('chat/send', { ...good, more: 1 }))).toMatchObject({ details: { path: 'more' } });
    expect(await failure(client.request('chat/send', [good]))).toMatchObject({ code: -32602 });
    expect(await failure(client.request('chat/send'))).toMatchObject({ code: -32602, details: { path: 'sessionId' } });
    expect(await client.request('chat/send', good)).toEqual({ turnId: id(1), seq: 1 });
  });

  it('gives an AppError its code, class, cause, hint and details', async () => {
    const { client } = await ready({
      'sessions/get': async () => {
        throw new AppError('conflict', 'It was changed.', { reason: 'stale', hint: 'Read it again.', details: { revision: 2 } });
      },
    });
    const error = await failure(client.request('sessions/get', { sessionId: id(1) }));
    expect(error).toMatchObject({ code: 1002, message: 'It was changed.', errorClass: 'conflict', reason: 'stale', hint: 'Read it again.', details: { revision: 2 } });
  });

  it('reports a handler that breaks, and an answer without its shape, as internal, and logs both', async () => {
    const { client, log } = await ready({
      'sessions/get': async () => JSON.parse('{"no":"session"}'),
      'souls/list': async () => {
        throw new TypeError('x is undefined');
      },
    });
    expect(await failure(client.request('sessions/get', { sessionId: id(1) }))).toMatchObject({ code: -32603, reason: 'result_shape' });
    expect(await failure(client.request('souls/list', {}))).toMatchObject({ code: -32603, errorClass: 'internal' });
    expect(log.entries.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('drops what a result has beyond its shape', async () => {
    const { client } = await ready({ 'souls/list': async () => ({ items: [], broken: [], secret: 'x' }) });
    expect(await client.request('souls/list', {})).toEqual({ items: [], broken: [] });
  });

  it('cancels a running request and one that was not begun', async () => {
    const { client } = await ready({
      'models/list': (_params, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    });
    const running = client.begin('models/list', {});
    client.notify('$/cancelRequest', { id: running });
    expect(await failure(client.answer(running))).toMatchObject({ code: -32800, errorClass: 'cancelled' });
    client.sendRaw(Buffer.concat([frameOf('{"jsonrpc":"2.0","id":"a","method":"models/list"}'), frameOf('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"a"}}')]));
    expect(await failure(client.answer('a'))).toMatchObject({ code: -32800 });
  });

  it.each([77, '77', '', 'x'.repeat(200)])('refuses the id %j while it is in use, answers the first that had it, and takes it again then', async (id) => {
    const gate = Promise.withResolvers<void>();
    const { client } = await ready({ 'souls/list': () => gate.promise.then(() => ({ items: [], broken: [] })) });
    const ask = { jsonrpc: '2.0', id, method: 'souls/list' };
    const answers = () => client.received.filter((message) => message.id === id);
    for (let count = 0; count < 4; count += 1) client.send(ask);
    await client.waitUntil(() => answers().length === 3, 'the refusals');
    expect(answers().map((message) => message.error?.data?.cause)).toEqual(['id_in_use', 'id_in_use', 'id_in_use']);
    gate.resolve();
    await client.waitUntil(() => answers().length === 4, 'the answer to the first');
    expect(answers()[3]?.result).toEqual({ items: [], broken: [] });
    client.send(ask);
    await client.waitUntil(() => answers().length === 5, 'the next answer');
    expect(answers()[4]?.result).toEqual({ items: [], broken: [] });
  });

  it('takes the ids 1 and "1" for two, and cancels the one that is meant', async () => {
    const { client } = await ready({
      'models/list': (_params, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
      'souls/list': async () => ({ items: [], broken: [] }),
    });
    client.send({ jsonrpc: '2.0', id: 500, method: 'models/list' });
    client.send({ jsonrpc: '2.0', id: '500', method: 'models/list' });
    client.sendRaw(Buffer.concat([frameOf('{"jsonrpc":"2.0","id":600,"method":"souls/list"}'), frameOf('{"jsonrpc":"2.0","id":"600","method":"souls/list"}')]));
    expect(await client.answer(600)).toEqual({ items: [], broken: [] });
    expect(await client.answer('600')).toEqual({ items: [], broken: [] });
    client.notify('$/cancelRequest', { id: '500' });
    expect(await failure(client.answer('500'))).toMatchObject({ errorClass: 'cancelled' });
    expect(client.received.some((message) => message.id === 500)).toBe(false);
    client.notify('$/cancelRequest', { id: 500 });
    expect(await failure(client.answer(500))).toMatchObject({ errorClass: 'cancelled' });
  });

  it('reads no message of more than 64 KiB from whoever has not shown the token', async () => {
    const { client } = connectInMemory({});
    client.sendRaw(`Content-Length: ${64 * 1024 + 1}\r\n\r\n`);
    await client.waitForEnd();
    expect(client.received).toMatchObject([{ id: null, error: { code: 1004, message: expect.stringContaining('before initialize'), data: { cause: 'too_large' } } }]);
  });

  it('answers initialize and a large message behind it in one piece, in their order', async () => {
    const { client } = connectInMemory({ 'chat/send': async ({ text }) => ({ turnId: id(1), seq: text.length }) });
    const initialize = { jsonrpc: '2.0', id: 'i', method: 'initialize', params: { initializationOptions: { logos: { protocol: 1, token: testToken } } } };
    const send = { jsonrpc: '2.0', id: 's', method: 'chat/send', params: { sessionId: id(1), messageId: id(2), text: 'x'.repeat(500_000) } };
    client.sendRaw(Buffer.concat([...[initialize, send].map((message) => frameOf(JSON.stringify(message))), frameOf('{"jsonrpc":"2.0","method":"exit"}')]));
    expect(await client.answer('s')).toEqual({ turnId: id(1), seq: 500_000 });
    expect(client.received.map((message) => message.id)).toEqual(['i', 's']);
  });

  it('does not unfold a message of hundred thousands of values, and goes on', async () => {
    const { client } = await ready({ 'souls/list': async () => ({ items: [], broken: [] }) });
    client.sendRaw(frameOf(`{"jsonrpc":"2.0","id":7,"method":"souls/list","params":{"x":[${'[],'.repeat(300_000)}[]]}}`));
    await client.waitFor((message) => message.id === null && message.error?.data?.cause === 'too_many_values', 'the refusal');
    expect(await client.request('souls/list', {})).toEqual({ items: [], broken: [] });
  });

  it('leaves unread what a client asks while its unanswered requests hold 32 MiB', async () => {
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    const { client, serverStream } = await ready({
      'chat/send': async () => {
        asked += 1;
        await gate.promise;
        return { turnId: id(1), seq: 1 };
      },
    });
    const filler = ' '.repeat(8 * 1024 * 1024);
    const ids = Array.from({ length: 8 }, (_unused, place) => `big-${place}`);
    for (const each of ids) client.sendRaw(frameOf(`{"jsonrpc":"2.0","id":"${each}","method":"chat/send",${filler}"params":{"sessionId":"${id(1)}","messageId":"${id(2)}","text":"x"}}`));
    await expect.poll(() => serverStream.isPaused()).toBe(true);
    await expect.poll(() => asked).toBe(4);
    gate.resolve();
    for (const each of ids) expect(await client.answer(each)).toEqual({ turnId: id(1), seq: 1 });
  });

  it('sends what a handler announced only after its reply, and not at all after an error', async () => {
    const { client } = await ready({
      'souls/list': async (_params, { afterReply, subscriptions }) => {
        const { writer } = subscriptions.open(id(9));
        afterReply(() => writer.notify('test/after', { n: 1 }));
        return { items: [], broken: [] };
      },
      'runs/get': async (_params, { afterReply, subscriptions }) => {
        const { writer } = subscriptions.open(id(10));
        afterReply(() => writer.notify('test/never', { n: 1 }));
        throw new AppError('not_found', 'No.', { hint: 'None.' });
      },
    });
    const asked = client.begin('souls/list', {});
    await client.waitFor((message) => message.method === 'test/after', 'the announcement');
    expect(client.received.findIndex((m) => m.id === asked)).toBeLessThan(client.received.findIndex((m) => m.method === 'test/after'));
    await failure(client.request('runs/get', { runId: id(1) }));
    await client.request('shutdown');
    expect(client.events('test/never')).toEqual([]);
  });

  it('answers a client that has already said all, then ends', async () => {
    const { client, connection } = await ready({ 'souls/list': () => new Promise((resolve) => setImmediate(() => resolve({ items: [], broken: [] }))) });
    const asked = client.begin('souls/list', {});
    client.endInput();
    expect(await client.answer(asked)).toEqual({ items: [], broken: [] });
    await client.waitForEnd();
    await connection.closed;
  });

  it('aborts what a client had asked for whose connection broke', async () => {
    const [begun, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { connection, client, serverStream } = await ready({
      'models/list': (_params, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve());
        begun.resolve();
        return new Promise(() => undefined);
      },
    });
    client.begin('models/list', {});
    await begun.promise;
    serverStream.destroy(new Error('ECONNRESET'));
    await Promise.all([aborted.promise, connection.closed]);
  });

  it('answers a thousand requests sent at once, each once', async () => {
    const { client } = await ready({ 'souls/list': () => new Promise((resolve) => setImmediate(() => resolve({ items: [], broken: [] }))) });
    const ids = Array.from({ length: 1000 }, () => client.begin('souls/list', {}));
    await Promise.all(ids.map((each) => client.answer(each)));
    expect(client.received.filter((message) => ids.includes(Number(message.id)) && message.result !== undefined)).toHaveLength(1000);
  });
});
