import fs from 'node:fs';
import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { createInferenceSockets } from '../../../server/egress/inferenceSockets.ts';
import { createHttpClient } from '../../../server/net/http.ts';
import { keepLog } from '../../support/modelServer/keepLog.ts';
import { observe } from '../../support/modelServer/observed.ts';
import { useTaskPaths, type TaskPath } from '../../support/modelServer/socketOfTask.ts';
import { listenToCalls, testRoute } from '../../support/modelServer/testRoute.ts';

const openPath = useTaskPaths();

const KEY = 'sk-very-secret-key-0123456789';
const get = async (path: TaskPath, method: 'GET' | 'POST', place: string, body?: string) => {
  const response = await path.client.request({ method, url: `http://inference.local${place}`, socketPath: path.socket.path, body });
  return { status: response.status, text: Buffer.concat((await response.body.toArray()) as Buffer[]).toString(), headers: response.headers };
};

describe('what a task may ask for', () => {
  it('always gets the model and the params of its route, whatever it names', async () => {
    const path = await openPath({ route: { model: 'chosen', params: { temperature: 0.1 } } });
    await path.ask('Hi', { more: { model: 'gpt-expensive', temperature: 2, stream: false, models: ['other'], provider: {}, store: true, n: 5, web_search_options: {}, top_p: 0.5 } });
    const sent = JSON.parse(path.server.requests[0]!.body) as Record<string, unknown>;
    expect(sent).toEqual({ model: 'chosen', temperature: 0.1, top_p: 0.5, stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('has its own authorization and other headers taken away and the key of the route put in', async () => {
    const path = await openPath({ serverOptions: { key: KEY }, route: { key: KEY } });
    const events = await path.ask('Hi', { headers: { authorization: 'Bearer stolen', 'x-evil': 'yes', cookie: 'a=b', 'accept-encoding': 'gzip', 'proxy-authorization': 'x' } });
    expect(observe(events).text).toBe('You said: Hi');
    const { headers } = path.server.requests[0]!;
    expect(Object.keys(headers).toSorted()).toEqual(['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host']);
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(headers['accept-encoding']).toBe('identity');
  });

  it('never sees the key, not even from a server that repeats it in errors and in streams', async () => {
    const path = await openPath({ route: { key: KEY } });
    path.server.post('echo-error', { status: 401, headers: { 'content-type': 'application/json', 'x-key': KEY }, steps: [{ raw: JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}.`, code: KEY } }) }] });
    path.server.post('echo-stream', { headers: { 'x-key': KEY }, steps: [{ text: `Your-key-is-${KEY} it-is` }, { finish: 'stop' }, { done: true }] });
    for (const name of ['echo-error', 'echo-stream']) {
      const body = JSON.stringify({ messages: [{ role: 'user', content: `[[scenario:${name}]]` }] });
      const answer = await get(path, 'POST', '/v1/chat/completions', body);
      expect(answer.text.length).toBeGreaterThan(20);
      expect(answer.text + JSON.stringify(answer.headers)).not.toContain(KEY);
    }
    await expect.poll(() => path.heard.reports.length).toBe(2);
    expect(JSON.stringify(path.heard.reports) + path.log.lines.join('\n')).not.toContain(KEY);
    expect(path.heard.reports[0]!.error?.class).toBe('model_auth');
  });

  it.each([
    ['GET', '/api/show'],
    ['POST', '/api/show'],
    ['GET', '/v1/models/scripted'],
    ['POST', '/v1/completions'],
    ['POST', '/v1/embeddings'],
    ['GET', '/v1/chat/completions'],
    ['POST', '/v1/chat/completions?model=x'],
    ['POST', '//v1/chat/completions'],
    ['GET', '/control/requests'],
    ['GET', '/'],
  ] as const)('finds nothing at %s %s', async (method, place) => {
    const path = await openPath();
    const answer = await get(path, method, place, method === 'POST' ? '{"model":"scripted"}' : undefined);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: 'not_found', cause: 'no_such_path' } });
    expect(path.server.requests).toHaveLength(0);
  });

  it('is told of the one model of its route and no other', async () => {
    const path = await openPath({ serverOptions: { models: [{ id: 'a' }, { id: 'b' }] }, route: { model: 'b', contextTokens: 1234 } });
    const answer = await get(path, 'GET', '/v1/models');
    expect((JSON.parse(answer.text) as { data: unknown[] }).data).toEqual([{ id: 'b', object: 'model', created: 0, owned_by: 'logos', max_model_len: 1234 }]);
  });

  it.each([
    ['not JSON', 'hello', 400],
    ['JSON without messages', '{"model":"x"}', 400],
    ['a list', '[]', 400],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400],
    ['an address for the server to fetch', JSON.stringify({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://evil.example/?secret' } }] }] }), 403],
    ['a file of the provider', JSON.stringify({ messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }), 403],
    ['an address in the place of a list', JSON.stringify({ messages: [{ role: 'user', content: { type: 'image_url', image_url: { url: 'https://evil.example/?secret' } } }] }), 403],
    ['a list that is nested without end', `{"messages":[{"role":"user","content":${'['.repeat(200_000)}${']'.repeat(200_000)}}]}`, 400],
    ['hundred thousands of messages', `{"messages":[${'{},'.repeat(300_000)}{}]}`, 400],
    ['tools that are no list', JSON.stringify({ messages: [], tools: { type: 'web_search' } }), 403],
    ['a choice of a tool that runs at the provider', JSON.stringify({ messages: [], tool_choice: { type: 'mcp', server_url: 'https://evil.example' } }), 403],
    ['a tool that runs at the provider', JSON.stringify({ messages: [{ role: 'user', content: 'x' }], tools: [{ type: 'web_search' }] }), 403],
  ])('is refused %s without a request to the server', async (_what, body, status) => {
    const path = await openPath();
    const response = await path.client.request({ method: 'POST', url: 'http://inference.local/v1/chat/completions', socketPath: path.socket.path, body });
    expect(response.status).toBe(status);
    await response.body.toArray();
    expect(path.server.requests).toHaveLength(0);
  });

  it('has everything taken out of its messages that is not content', async () => {
    const path = await openPath();
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low', also: 'https://evil.example' } };
    const text = { type: 'text', text: 'Hi', image_url: { url: 'https://evil.example' } };
    const call = { id: 'c', type: 'function', function: { name: 'ls', arguments: '{}' } };
    const messages = [
      { role: 'user', content: [text, picture], images: ['https://evil.example'], file: 'x' },
      { role: 'assistant', content: null, tool_calls: [call], reasoning_content: 'hm' },
      { role: 'tool', content: 'out', tool_call_id: 'c' },
      { role: 'user', content: 'Hi' },
    ];
    await get(path, 'POST', '/v1/chat/completions', JSON.stringify({ messages }));
    const sent = JSON.parse(path.server.requests[0]!.body) as { messages: unknown[] };
    expect(path.server.requests[0]!.body).not.toContain('evil');
    expect(sent.messages.slice(1)).toEqual(messages.slice(1));
    expect(sent.messages[0]).toEqual({ role: 'user', content: [{ type: 'text', text: 'Hi' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }] });
  });

  it('gives a server back what that server sent in messages itself, and nothing else of that kind', async () => {
    const path = await openPath({ route: { returnedMembers: ['from_history'] } });
    path.server.post('opaque', { steps: [{ chunk: { choices: [{ index: 0, delta: { content: 'x', opaque_state: 'o', audio: { id: 'a' } }, finish_reason: 'stop' }] } }, { done: true }] });
    const members = { opaque_state: 'o', from_history: 'h', planted: 'https://evil.example', audio: { id: 'a' }, images: ['https://evil.example'] };
    const ask = async (text: string): Promise<unknown> => {
      await get(path, 'POST', '/v1/chat/completions', JSON.stringify({ messages: [{ role: 'assistant', content: 'x', ...members }, { role: 'user', content: text, ...members }] }));
      return (JSON.parse(path.server.requests.at(-1)!.body) as { messages: unknown[] }).messages;
    };
    expect(await ask('[[scenario:opaque]]')).toEqual([{ role: 'assistant', content: 'x', from_history: 'h' }, { role: 'user', content: '[[scenario:opaque]]' }]);
    expect(await ask('Hi')).toEqual([{ role: 'assistant', content: 'x', opaque_state: 'o', from_history: 'h' }, { role: 'user', content: 'Hi' }]);
    expect(path.heard.reports.map(({ returnedMembers }) => returnedMembers)).toEqual([['opaque_state'], []]);
    const call = { id: 'c', type: 'function', function: { name: 'ls', arguments: '{}' } };
    const planted = { ...call, opaque_state: 'o', planted: 'x', function: { ...call.function, from_history: 'h', planted: 'x' } };
    await get(path, 'POST', '/v1/chat/completions', JSON.stringify({ messages: [{ role: 'assistant', content: null, tool_calls: [planted] }, { role: 'user', content: 'Hi' }] }));
    const { messages } = JSON.parse(path.server.requests.at(-1)!.body) as { messages: { tool_calls?: unknown }[] };
    expect(messages[0]?.tool_calls).toEqual([{ ...call, opaque_state: 'o', function: { ...call.function, from_history: 'h' } }]);
  });

  it('is not given back what the server has refused, and is again once it asks for it', async () => {
    const path = await openPath();
    const ask = async (text: string): Promise<unknown> => {
      const messages = [{ role: 'assistant', content: 'x', reasoning_content: 'hm' }, { role: 'user', content: text }];
      await get(path, 'POST', '/v1/chat/completions', JSON.stringify({ messages }));
      return (JSON.parse(path.server.requests.at(-1)!.body) as { messages: Record<string, unknown>[] }).messages[0]?.['reasoning_content'];
    };
    path.server.demand('known-members');
    expect(await ask('one')).toBe('hm');
    expect(await ask('two')).toBeUndefined();
    expect(await ask('three')).toBeUndefined();
    path.server.demand('reasoning-always');
    expect(await ask('four')).toBeUndefined();
    expect(await ask('five')).toBe('hm');
  });

  it('never sees the key, wherever a server that repeats it cuts its bytes', async () => {
    const path = await openPath({ route: { key: KEY } });
    path.server.post('bytewise', { bytesPerWrite: 1, steps: [{ text: `a ${KEY.slice(0, 9)} b ${KEY} c` }, { finish: 'stop' }, { done: true }] });
    const { text } = await get(path, 'POST', '/v1/chat/completions', JSON.stringify({ messages: [{ role: 'user', content: '[[scenario:bytewise]]' }] }));
    expect(text).toContain(KEY.slice(0, 9));
    expect(text).toContain('[DONE]');
    expect(text).not.toContain(KEY);
  });

  it('is refused a body of more than 8 MiB, announced or not', async () => {
    const path = await openPath();
    const large = Buffer.alloc(9 * 1_048_576, 0x20);
    const announced = await get(path, 'POST', '/v1/chat/completions', large.toString('latin1')).catch((error: { code?: string }) => error.code);
    expect(announced === 'EPIPE' || announced === 'ECONNRESET' || (announced as { status: number }).status === 413).toBe(true);
    const status = await new Promise<number | undefined>((resolve) => {
      const request = http.request({ socketPath: path.socket.path, method: 'POST', path: '/v1/chat/completions', headers: { 'transfer-encoding': 'chunked' } }, (response) => resolve(response.statusCode));
      request.on('error', () => undefined);
      request.end(large);
    });
    expect(status).toBe(413);
    expect(path.server.requests).toHaveLength(0);
    expect(observe(await path.ask('Hi')).text).toBe('You said: Hi');
  });

  it('has at most four calls under way', async () => {
    const path = await openPath();
    const calls = Array.from({ length: 4 }, () => path.ask('[[scenario:gated]]'));
    await expect.poll(() => path.server.requests.length).toBe(4);
    const fifth = observe(await path.ask('Hi'));
    expect(fifth.error).toEqual({ class: 'model_rate_limited', cause: 'too_many_calls' });
    path.server.release('go');
    for (const call of calls) expect(observe(await call).finish).toBe('stop');
    expect(observe(await path.ask('Hi')).finish).toBe('stop');
  });
});

describe('the bytes of a task\'s calls', () => {
  const large = (text: string) => JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(7 * 1_048_576) }, { role: 'user', content: text }] });

  it('are counted together: a call that would be too many waits until another has ended', async () => {
    const path = await openPath();
    const calls = Array.from({ length: 2 }, () => get(path, 'POST', '/v1/chat/completions', large('[[scenario:gated]]')));
    await expect.poll(() => path.server.requests.length).toBe(2);
    const third = await get(path, 'POST', '/v1/chat/completions', large('Hi'));
    expect(third.status).toBe(429);
    expect(JSON.parse(third.text)).toMatchObject({ error: { type: 'model_rate_limited', cause: 'too_many_bytes' } });
    expect(observe(await path.ask('Hi')).finish).toBe('stop');
    path.server.release('go');
    for (const call of calls) expect((await call).status).toBe(200);
    expect((await get(path, 'POST', '/v1/chat/completions', large('Hi'))).status).toBe(200);
  });

  it('are no longer counted when a request was refused or broken off', async () => {
    const path = await openPath();
    for (let count = 0; count < 3; count += 1) expect((await get(path, 'POST', '/v1/chat/completions', `${large('Hi')}!`)).status).toBe(400);
    for (let count = 0; count < 3; count += 1) {
      await new Promise<void>((resolve) => {
        const request = http.request({ socketPath: path.socket.path, method: 'POST', path: '/v1/chat/completions', headers: { 'content-length': 8_000_000 } });
        request.on('error', () => resolve());
        request.write('{', () => request.destroy(new Error('The task went away.')));
      });
    }
    expect((await get(path, 'POST', '/v1/chat/completions', large('Hi'))).status).toBe(200);
  });
});

describe('the life of a socket', () => {
  it('lets requests wait for their route, and not for ever', async () => {
    const path = await openPath({ isUnassigned: true });
    const early = path.ask('Hi');
    await get(path, 'GET', '/nothing');
    path.socket.assign(testRoute(path.server.baseUrl), path.heard);
    expect(observe(await early).text).toBe('You said: Hi');
    const never = await openPath({ isUnassigned: true, sockets: { assignMs: 20 } });
    expect(observe(await never.ask('Hi')).error).toEqual({ class: 'model_unreachable', cause: 'no_route' });
  });

  it('takes one route and refuses a second', async () => {
    const path = await openPath();
    expect(() => path.socket.assign(testRoute('http://127.0.0.1:1/v1'), listenToCalls())).toThrow(/second route/);
  });

  it('is open to every id, because the folder around it is the task\'s alone, and is gone after disposal', async () => {
    const path = await openPath();
    expect(fs.statSync(path.socket.path).mode & 0o777).toBe(0o666);
    await path.socket.dispose();
    expect(fs.existsSync(path.socket.path)).toBe(false);
  });

  it('refuses a path that some systems would cut', async () => {
    const openSocket = createInferenceSockets({ log: keepLog(), http: createHttpClient() });
    await expect(openSocket(`/tmp/${'x'.repeat(96)}`)).rejects.toMatchObject({ class: 'sandbox_unavailable', reason: 'path_too_long' });
    await expect(openSocket('/tmp/no-such-folder-of-logos/a.sock')).rejects.toMatchObject({ class: 'sandbox_unavailable', reason: expect.stringMatching(/^(ENOENT|EACCES)$/) });
  });

  it('ends its calls when it is disposed of, and reports them as cancelled', async () => {
    const path = await openPath();
    const call = path.ask('[[scenario:endless tps=200]]');
    await expect.poll(() => path.server.requests.length).toBe(1);
    await path.socket.dispose();
    expect(observe(await call).error?.class).toBe('model_crashed');
    expect(path.heard.reports).toMatchObject([{ finish: 'cancelled', error: undefined }]);
    await expect.poll(() => path.server.requests[0]!.goneAt).toBeGreaterThan(0);
  });
});
