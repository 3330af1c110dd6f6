import type { Readable } from 'node:stream';
import { Agent, buildConnector } from 'undici';

/** A request; the body is whole, so that it can be said again on another connection. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Connects to this unix socket; the url then only names the path. */
  readonly socketPath?: string | undefined;
  /** Destroys the connection, at any time. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose head has come. The body must be read to its end or destroyed. */
export interface HttpResponse {
  readonly status: number;
  /** By lower-case name; of a repeated header the first. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
}

/** No answer came. `code` is the system's or the client's word, such as `ECONNREFUSED`. */
export class HttpFailure extends Error {
  readonly code: string;
  /** Nothing was sent: there was no connection. */
  readonly isConnectFailure: boolean;

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause });
    this.name = 'HttpFailure';
    this.code = code;
    this.isConnectFailure = !brokenConnection.has(code);
  }
}

/** Sends HTTP requests over kept connections, without any proxy of the environment. */
export interface HttpClient {
  /** Resolves with the head of the answer; rejects with HttpFailure, or with the signal's reason. */
  request(request: HttpRequest): Promise<HttpResponse>;
  dispose(): Promise<void>;
}

/** What a connection that broke after it was made says. */
const brokenConnection = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_INFO', 'UND_ERR_CLOSED']);

/** Sockets of model processes come and go; connections to so many of them are kept. */
const maxSocketPools = 8;

/** More kept connections than this do not go stale in one moment. */
const maxKeptTries = 64;

interface Pool {
  readonly agent: Agent;
  /** How many connections were begun: a request that begins none goes over a kept one. */
  connections: number;
}

/**
 * Makes a client. It has no time limits of its own but the 10 s to connect, because a model may be silent for minutes. A kept connection
 * that the server closes in the moment of sending is replaced, provided that no byte of an answer had come; a fresh one is not.
 */
export function createHttpClient(): HttpClient {
  const network = createPool(undefined);
  const bySocket = new Map<string, Pool>();

  function poolOf(socketPath: string | undefined): Pool {
    if (socketPath === undefined) return network;
    const known = bySocket.get(socketPath);
    if (known !== undefined) return known;
    const oldest = bySocket.size >= maxSocketPools ? [...bySocket.entries()][0] : undefined;
    if (oldest !== undefined) {
      bySocket.delete(oldest[0]);
      void oldest[1].agent.close();
    }
    const pool = createPool(socketPath);
    bySocket.set(socketPath, pool);
    return pool;
  }

  return {
    async request(request) {
      const pool = poolOf(request.socketPath);
      for (let kept = 0; ; kept += 1) {
        const { answer, isFresh } = sendOnce(pool, request);
        try {
          return await answer;
        } catch (error) {
          const failure = asFailure(error, request);
          const isStale = failure instanceof HttpFailure && !failure.isConnectFailure && !isFresh && kept < maxKeptTries;
          if (!isStale || request.signal?.aborted) throw failure;
        }
      }
    },
    async dispose() {
      await Promise.all([network, ...bySocket.values()].map(({ agent }) => agent.destroy()));
      bySocket.clear();
    },
  };
}

function createPool(socketPath: string | undefined): Pool {
  const connector = buildConnector({ timeout: 10_000, ...(socketPath === undefined ? {} : { socketPath }) });
  const connect: buildConnector.connector = (options, callback) => {
    pool.connections += 1;
    connector(options, callback);
  };
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 4000, keepAliveMaxTimeout: 30_000, pipelining: 1, allowH2: false, connect });
  const pool: Pool = { agent, connections: 0 };
  return pool;
}

/** A connection that a request needs is begun before this returns. */
function sendOnce(pool: Pool, request: HttpRequest): { readonly answer: Promise<HttpResponse>; readonly isFresh: boolean } {
  const before = pool.connections;
  const answer = send(pool.agent, request);
  return { answer, isFresh: pool.connections > before };
}

async function send(agent: Agent, { method, url, headers = {}, body, signal }: HttpRequest): Promise<HttpResponse> {
  signal?.throwIfAborted();
  const { origin, pathname, search } = new URL(url);
  const response = await agent.request({ origin, path: pathname + search, method, headers, body: body ?? null, signal: signal ?? null });
  const plain = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]);
  return { status: response.statusCode, headers: Object.fromEntries(plain) as HttpResponse['headers'], body: response.body };
}

function asFailure(error: unknown, { signal, url }: HttpRequest): unknown {
  if (signal?.aborted) return signal.reason;
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  const message = inner instanceof Error && inner.message !== '' ? inner.message : String(code);
  return new HttpFailure(`${new URL(url).host}: ${message}`, typeof code === 'string' ? code : 'unknown', error);
}
