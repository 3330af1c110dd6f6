import http from 'node:http';
import { afterAll, describe, expect, it } from 'vitest';
import { normaliseBaseUrl } from '../../../server/inference/baseUrl.ts';
import { probeServer } from '../../../server/inference/probe.ts';
import type { KnownServer } from '../../../server/inference/servers.ts';
import { createHttpClient } from '../../../server/net/http.ts';
import { startModelServer } from '../../support/modelServer/modelServer.ts';
import type { Persona } from '../../support/modelServer/personas.ts';

const client = createHttpClient();
afterAll(() => client.dispose());

const models = [
  { id: 'loaded-model', contextTokens: 12_345, supportsTools: true, isLoaded: true },
  { id: 'toolless', contextTokens: 12_345, supportsTools: false, isLoaded: false },
  { id: 'text-embedding', isEmbedding: true },
];

async function probe(persona: Persona, kind: KnownServer['kind'], listed = models) {
  const server = await startModelServer({ persona, models: listed });
  try {
    const result = await probeServer({ id: 'x', name: 'Server', kind, baseUrl: server.baseUrl, isBuiltIn: false }, { http: client, key: undefined });
    if (result.state === 'down') throw new Error(result.error.message);
    return result;
  } finally {
    await server.dispose();
  }
}

/** A server that answers everything in one way. */
async function probeAnswer(answer: http.RequestListener, more: { path?: string; timeoutMs?: number; key?: string } = {}) {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as { port: number }).port}${more.path ?? '/v1'}`;
  const result = await probeServer({ id: 'x', name: 'Server', kind: 'openai_compatible', baseUrl, isBuiltIn: false }, { http: client, key: more.key, timeoutMs: more.timeoutMs });
  server.closeAllConnections();
  server.close();
  return result;
}

describe('the probe of a model server', () => {
  it.each([
    ['lmstudio', 'lmstudio', { name: 'loaded-model', contextTokens: 12_345, supportsTools: true, isTiny: false, isLoaded: true }, { name: 'toolless', supportsTools: false, isTiny: false, isLoaded: false }],
    ['ollama', 'ollama', { name: 'loaded-model', contextTokens: 12_345, supportsTools: true, isTiny: false, isLoaded: true }, { name: 'toolless', supportsTools: false, isTiny: false, isLoaded: false }],
    ['vllm', 'vllm', { name: 'loaded-model', contextTokens: 12_345, supportsTools: true, isTiny: false, isLoaded: false }, { name: 'toolless', contextTokens: 12_345, supportsTools: true, isTiny: false, isLoaded: false }],
  ] as const)('reads context and tools as %s tells them, and leaves embedding models out', async (persona, kind, first, second) => {
    expect((await probe(persona, kind)).models).toEqual([first, second]);
  });

  it('lists every model of an Ollama that has more of them than it is asked about, without what that alone could tell', async () => {
    const many = Array.from({ length: 90 }, (_, index) => ({ id: `model-${index}`, contextTokens: 1_000, supportsTools: false, isLoaded: false }));
    const { models: found } = await probe('ollama', 'ollama', many);
    expect(found.map(({ name }) => name)).toEqual(many.map(({ id }) => id));
    expect([found[0]?.supportsTools, found[89]?.supportsTools]).toEqual([false, true]);
  });

  it('takes the context that llama.cpp has loaded, not what the model was trained with', async () => {
    expect((await probe('llamacpp', 'llamacpp', [models[0]!])).models).toEqual([{ name: 'loaded-model', contextTokens: 12_345, supportsTools: true, isTiny: false, isLoaded: true }]);
  });

  it.each(['lmstudio', 'ollama', 'vllm', 'llamacpp'] as const)('recognises %s at an address of its own', async (persona) => {
    expect((await probe(persona, 'openai_compatible')).kind).toBe(persona);
  });

  it.each([
    ['LM Studio that says 200 to anything', (_q, r) => void r.end('{"error":"Unexpected endpoint or method. (GET /models)"}'), 'unexpected_endpoint'],
    ['a page', (_q, r) => void r.end('<html><body>Router login</body></html>'), 'not_json'],
    ['other JSON', (_q, r) => void r.end('{"status":"ok"}'), 'not_a_model_server'],
    ['401', (_q, r) => void r.writeHead(401).end('{"error":{"message":"no key","code":"invalid_api_key"}}'), 'invalid_api_key'],
    ['404', (_q, r) => void r.writeHead(404).end('nothing'), 'unknown_address'],
    ['500', (_q, r) => void r.writeHead(500).end(''), 'http_500'],
    ['a redirect', (_q, r) => void r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'redirect'],
    ['a broken connection', (q) => void q.socket.destroy(), 'UND_ERR_SOCKET'],
  ] as const satisfies readonly (readonly [string, http.RequestListener, string])[])('does not take %s for a model server', async (_what, answer, cause) => {
    const result = await probeAnswer(answer);
    expect(result).toMatchObject({ state: 'down', error: { cause } });
  });

  it('gives up on a server that is silent or never ends its list', async () => {
    expect(await probeAnswer(() => undefined, { timeoutMs: 50 })).toMatchObject({ state: 'down', error: { class: 'model_unreachable', cause: 'timeout' } });
    expect(await probeAnswer((_q, r) => void r.write('{"data":['), { timeoutMs: 50 })).toMatchObject({ state: 'down', error: { cause: 'timeout' } });
  });

  it.each([
    ['more than 8 MiB', `{"data":[{"id":"${'x'.repeat(9 * 1_048_576)}"}]}`],
    ['hundred thousands of entries', `{"data":[${'{"id":"a"},'.repeat(300_000)}{"id":"b"}]}`],
  ])('takes no list of %s', async (_what, list) => {
    expect(await probeAnswer((_q, r) => void r.end(list), { timeoutMs: 5000 })).toMatchObject({ state: 'down', error: { cause: 'not_a_model_server' } });
  });

  it('shows the first two thousand models of a longer list', async () => {
    const data = Array.from({ length: 3000 }, (_unused, place) => ({ id: `model-${place}` }));
    const result = await probeAnswer((_q, r) => void r.end(JSON.stringify({ data })));
    expect(result).toMatchObject({ state: 'up', models: { length: 2000, 0: { name: 'model-0' } } });
  });

  it('blanks the key in what a server says about it', async () => {
    const key = 'sk-secret/0123456789';
    const result = await probeAnswer((_q, r) => void r.writeHead(401).end(`{"error":{"message":"Wrong key ${key.replace('/', '\\/')}."}}`), { key });
    expect(result).toMatchObject({ state: 'down', error: { class: 'model_auth', message: expect.stringContaining('Wrong key ***') } });
    expect(JSON.stringify(result)).not.toContain('0123456789');
  });

  it('survives a list of nonsense', async () => {
    const entries = [null, 7, 'x', {}, { id: '' }, { id: 5 }, { id: 'ok', max_model_len: -3 }, { id: 'ok' }, { id: 'x'.repeat(500) }];
    expect(await probeAnswer((_q, r) => void r.end(JSON.stringify({ data: entries })))).toMatchObject({ state: 'up', models: [{ name: 'ok', supportsTools: true }] });
  });
});

describe('the address of a model server', () => {
  it.each([
    ['http://localhost:1234', 'http://localhost:1234/v1'],
    ['http://localhost:1234/', 'http://localhost:1234/v1'],
    ['http://localhost:1234/v1/', 'http://localhost:1234/v1'],
    ['http://localhost:1234//v1//', 'http://localhost:1234/v1'],
    ['http://localhost:1234/v1/chat/completions', 'http://localhost:1234/v1'],
    ['http://localhost:1234/v1/models', 'http://localhost:1234/v1'],
    ['https://host.example/api', 'https://host.example/api/v1'],
    ['https://host.example/api/v1?x=1#y', 'https://host.example/api/v1'],
    ['https://host.example/v1beta/openai', 'https://host.example/v1beta/openai'],
  ])('%s becomes %s', (given, wanted) => expect(normaliseBaseUrl(given)).toBe(wanted));

  it.each(['localhost:1234', 'file:///etc/passwd', 'http://user:secret@host/v1', 'nonsense'])('refuses %s', (given) => {
    expect(() => normaliseBaseUrl(given)).toThrow(/cannot be used/);
  });
});
