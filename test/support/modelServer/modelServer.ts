import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { lastUserText, type ChatRequest } from './chatRequest.ts';
import { answerAs, type ListedModel, type Persona } from './personas.ts';
import { createGates, playScript } from './playScript.ts';
import { chooseScript } from './scenarios.ts';
import type { Script } from './script.ts';
import { refusalOf, type Rule } from './strictRules.ts';

/** One request that the server saw. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Wall clock, ms. */
  readonly at: number;
  /** When the client went away before the answer was over, wall clock, ms. */
  goneAt?: number;
  /** When the answer was over, wall clock, ms. */
  endedAt?: number;
}

/** How the server starts. */
export interface ModelServerOptions {
  readonly port?: number;
  /** Listens on this unix socket instead of a port. */
  readonly socketPath?: string;
  /** Demands `Authorization: Bearer <key>`. */
  readonly key?: string;
  readonly persona?: Persona;
  readonly models?: readonly (Partial<ListedModel> & { id: string })[];
  /** Keep-alive of idle connections, ms; 5,000 as LM Studio has it. */
  readonly keepAliveMs?: number;
}

/** A running scripted model server. */
export interface ModelServer {
  /** `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string;
  readonly requests: readonly RecordedRequest[];
  /** Number of connections that are open at present. */
  readonly openConnections: number;
  post(name: string, script: Script): void;
  /** Answers with an error to every request that breaks one of these rules, until the next reset. */
  demand(...rules: Rule[]): void;
  release(gate: string): void;
  reset(): void;
  dispose(): Promise<void>;
}

const defaultModel: ListedModel = { id: 'scripted', contextTokens: 32_768, supportsTools: true, isLoaded: true, isEmbedding: false };

/** Starts a scripted OpenAI-compatible model server on loopback. What it answers is chosen by markers, see `chooseScript`. */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: RecordedRequest[] = [];
  const scripts = new Map<string, Script>();
  const attempts = new Map<string, number>();
  const gates = createGates();
  const models = (options.models ?? [defaultModel]).map((model) => ({ ...defaultModel, ...model }));
  let openConnections = 0;
  let demanded: readonly Rule[] = [];

  function reset(): void {
    requests.length = 0;
    attempts.clear();
    scripts.clear();
    demanded = [];
    gates.reset();
  }

  function control(path: string, body: string): unknown {
    const input = JSON.parse(body || '{}') as { name?: string; script?: Script; gate?: string; rules?: Rule[] };
    if (path === '/control/requests') return requests;
    if (path === '/control/scripts' && input.name !== undefined && input.script !== undefined) scripts.set(input.name, input.script);
    if (path === '/control/release' && input.gate !== undefined) gates.release(input.gate);
    if (path === '/control/rules') demanded = input.rules ?? [];
    if (path === '/control/reset') reset();
    return {};
  }

  async function chat(body: string, response: http.ServerResponse, signal: AbortSignal): Promise<void> {
    const request = JSON.parse(body) as ChatRequest;
    const refusal = refusalOf(request, demanded);
    if (refusal !== undefined) return sendJson(response, refusal.status, refusal.body);
    const key = lastUserText(request);
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    await playScript(chooseScript(request, scripts, attempt), response, gates, signal);
  }

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const body = await readBody(request);
    if (path.startsWith('/control/')) return sendJson(response, 200, control(path, body));
    const { record, signal } = observe(request, response, path, body);
    requests.push(record);
    if (options.key !== undefined && request.headers.authorization !== `Bearer ${options.key}`) {
      return sendJson(response, 401, { error: { message: 'Incorrect API key provided.', type: 'authentication_error', code: 401 } });
    }
    if (record.method === 'POST' && path === '/v1/chat/completions') return chat(body, response, signal);
    const answer = answerAs(options.persona ?? 'openai', `${record.method} ${path}`, models, body);
    sendJson(response, answer.status, answer.body);
  }

  const server = http.createServer({ keepAliveTimeout: options.keepAliveMs ?? 5000, noDelay: true }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) response.destroy();
      else sendJson(response, 500, { error: { message: String(error), type: 'server_error' } });
    });
  });
  server.on('connection', (socket) => {
    openConnections += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => (openConnections -= 1));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.socketPath === undefined) server.listen(options.port ?? 0, '127.0.0.1', resolve);
    else server.listen(options.socketPath, resolve);
  });
  const address = server.address() as AddressInfo | string;

  return {
    baseUrl: typeof address === 'string' ? 'http://localhost/v1' : `http://127.0.0.1:${address.port}/v1`,
    requests,
    get openConnections() {
      return openConnections;
    },
    post: (name, script) => void scripts.set(name, script),
    demand: (...rules) => void (demanded = rules),
    release: (gate) => gates.release(gate),
    reset,
    dispose: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function observe(request: http.IncomingMessage, response: http.ServerResponse, path: string, body: string): { record: RecordedRequest; signal: AbortSignal } {
  const record: RecordedRequest = { method: request.method ?? 'GET', path, headers: request.headers, body, at: Date.now() };
  const gone = new AbortController();
  response.on('close', () => {
    if (response.writableFinished) record.endedAt = Date.now();
    else record.goneAt = Date.now();
    gone.abort(new Error('The client went away.'));
  });
  return { record, signal: gone.signal };
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function sendJson(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
