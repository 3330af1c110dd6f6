import http from 'node:http';
import { readBody } from '../../net/readBody.ts';
import { asObject, parseJson } from '../wire/jsonFields.ts';
import { sendError, streamCompletion } from './completion.ts';
import type { LoadedModel } from './loadedModel.ts';

/** What serves the embedded model over HTTP. */
export interface ModelHttpOptions {
  readonly model: string;
  readonly contextTokens: number;
  /** Rejected when the model cannot be loaded. */
  readonly loading: Promise<LoadedModel>;
  /** Called when nothing was asked for so long, ms. */
  readonly idleMs: number;
  readonly onIdle: () => void;
}

const maxBodyBytes = 4 * 1_048_576;

/** Makes the server: health, the one model, and streamed chat completions, one at a time in the order of their coming. */
export function createModelHttp({ model, contextTokens, loading, idleMs, onIdle }: ModelHttpOptions): http.Server {
  let loaded: LoadedModel | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  const idle = setTimeout(onIdle, idleMs);
  loading.then(
    (ready) => (loaded = ready),
    () => undefined,
  );

  async function complete(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    if (loaded === undefined) return sendError(response, 503, { code: 503, type: 'unavailable_error', message: 'Loading model' });
    const ready = loaded;
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const body = asObject(parseJson((await readBody(request, maxBodyBytes))?.toString('utf8') ?? ''));
    if (!Array.isArray(body?.['messages'])) return sendError(response, 400, { code: 400, type: 'invalid_request_error', message: 'The request has no list of messages.' });
    const turn = queue.then(async () => {
      if (!gone.signal.aborted) await streamCompletion({ loaded: ready, model, request: body, response, signal: gone.signal });
    });
    queue = turn.catch(() => undefined);
    await turn;
  }

  function answer(request: http.IncomingMessage, response: http.ServerResponse): void | Promise<void> {
    const asked = `${request.method} ${request.url}`;
    if (asked === 'POST /v1/chat/completions') return complete(request, response);
    request.resume();
    if (asked === 'GET /health') return loaded === undefined ? sendError(response, 503, { code: 503, type: 'unavailable_error', message: 'Loading model' }) : sendJson(response, { status: 'ok' });
    if (asked === 'GET /v1/models') return sendJson(response, { object: 'list', data: [{ id: model, object: 'model', created: 0, owned_by: 'logos', max_model_len: contextTokens }] });
    return sendError(response, 404, { code: 404, type: 'not_found_error', message: `There is no ${asked} here.` });
  }

  const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    clearTimeout(idle);
    response.once('close', () => idle.refresh());
    Promise.resolve(answer(request, response)).catch((error: unknown) => {
      process.stderr.write(`A request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      sendError(response, 500, { code: 500, type: 'server_error', message: 'The embedded model failed.' });
    });
  });
  server.on('close', () => clearTimeout(idle));
  return server;
}

function sendJson(response: http.ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
