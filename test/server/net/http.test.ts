import http from 'node:http';
import type net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../../server/net/http.ts';
import { askModel } from '../../support/modelServer/askModel.ts';
import { observe } from '../../support/modelServer/observed.ts';
import { openTaskPath } from '../../support/modelServer/socketOfTask.ts';

describe('the client of the network', () => {
  it('says a request again when a kept connection was closed in the moment of sending', async () => {
    let connections = 0;
    const server = http.createServer((_request, response) => response.end('ok'));
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = createHttpClient();
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const ask = async () => {
      const response = await client.request({ method: 'POST', url, body: 'x' });
      return Buffer.concat((await response.body.toArray()) as Buffer[]).toString();
    };
    expect(await ask()).toBe('ok');
    await nextTurn();
    server.removeAllListeners('request');
    server.once('request', (request) => {
      request.socket.destroy();
      server.on('request', (_request, response) => response.end('again'));
    });
    expect(await ask()).toBe('again');
    expect(connections).toBe(2);
    await client.dispose();
    server.close();
  });

  it('says it again also when other requests make connections meanwhile, and when all that were kept are closed', async () => {
    const sockets = new Set<net.Socket>();
    const isOld = new WeakSet<net.Socket>();
    const server = http.createServer((request, response) => {
      if (isOld.has(request.socket)) return void request.socket.destroy();
      sockets.add(request.socket);
      setImmediate(() => response.end('ok'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = createHttpClient();
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const askMany = (count: number): Promise<string[]> =>
      Promise.all(Array.from({ length: count }, async () => {
        const response = await client.request({ method: 'POST', url, body: 'x' });
        return Buffer.concat((await response.body.toArray()) as Buffer[]).toString();
      }));
    expect(new Set(await askMany(5))).toEqual(new Set(['ok']));
    await nextTurn();
    for (const socket of sockets) isOld.add(socket);
    expect(await askMany(12)).toEqual(Array.from({ length: 12 }, () => 'ok'));
    await client.dispose();
    server.close();
  });

  it('does not say a request again when a fresh connection breaks', async () => {
    let requests = 0;
    const server = http.createServer((request) => {
      requests += 1;
      request.socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = createHttpClient();
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/v1`;
    await expect(client.request({ method: 'POST', url, body: 'x' })).rejects.toMatchObject({ name: 'HttpFailure', isConnectFailure: false });
    expect(requests).toBe(1);
    const events = await askModel({ http: client, baseUrl: 'http://127.0.0.1:1/v1', message: 'x' }).catch((error: { code: string }) => error.code);
    expect(events).toBe('ECONNREFUSED');
    await client.dispose();
    server.close();
  });

  it('ignores proxies of the environment', async () => {
    const before = process.env['http_proxy'];
    process.env['http_proxy'] = 'http://127.0.0.1:1';
    const path = await openTaskPath();
    expect(observe(await path.ask('Hi')).text).toBe('You said: Hi');
    await path.dispose();
    if (before === undefined) delete process.env['http_proxy'];
    else process.env['http_proxy'] = before;
  });
});
