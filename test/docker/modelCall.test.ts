import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { callModel, type ModelReply } from '../../docker/local/modelCall.ts';

const server = http.createServer();
const stop = new AbortController();

afterEach(async () => {
  stop.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Sends one event again and again for as long as somebody listens, at most 200 MB. */
function flood(response: http.ServerResponse, event: string): void {
  let left = 200_000_000;
  const pump = (): void => {
    while (left > 0) {
      left -= event.length;
      if (!response.write(event)) return void response.once('drain', pump);
    }
    response.end();
  };
  response.on('error', () => undefined).writeHead(200, { 'content-type': 'text/event-stream' });
  pump();
}

async function ask(): Promise<ModelReply> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const model = { baseUrl: `http://127.0.0.1:${port}/v1`, name: 'flood', contextTokens: 8_192, params: {}, think: 'auto' as const };
  return await callModel({ model, messages: [], tools: [], toolNames: [], isLast: false, signal: stop.signal, onDelta: () => undefined });
}

it('ends a model call whose tool arguments never end, before they fill the memory', async () => {
  const delta = { tool_calls: [{ index: 0, id: 'a', function: { name: 'write_file', arguments: 'x'.repeat(16_000) } }] };
  server.on('request', (_request, response) => flood(response, `data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`));
  await expect(ask()).rejects.toMatchObject({ class: 'model_error', message: 'The model sent more than 16 MiB in one answer.' });
});
