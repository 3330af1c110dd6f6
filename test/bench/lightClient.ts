import { once } from 'node:events';
import net from 'node:net';
import process from 'node:process';
import type { SessionEventParams } from '../../server/protocol/sessions.ts';
import { frameOf } from '../support/client/rpcClient.ts';
import type { GatewayProcess } from '../support/gateway/gatewayProcess.ts';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: SessionEventParams;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A client that keeps nothing, so that what it measures is the gateway: events go to a listener with their time of arrival, `performance.now()`. */
export class LightClient {
  readonly #socket: net.Socket;
  readonly #onEvent: (event: SessionEventParams, at: number) => void;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;
  #nextId = 1;

  private constructor(socket: net.Socket, onEvent: (event: SessionEventParams, at: number) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the connection ended'));
    });
    socket.on('error', () => undefined);
  }

  static async connect(gateway: GatewayProcess, onEvent: (event: SessionEventParams, at: number) => void = () => undefined): Promise<LightClient> {
    const socket = net.createConnection({ path: gateway.pointer.socket, allowHalfOpen: true });
    await once(socket, 'connect');
    const client = new LightClient(socket, onEvent);
    await client.request('initialize', {
      processId: process.pid,
      clientInfo: { name: 'bench' },
      capabilities: {},
      initializationOptions: { logos: { protocol: 1, token: gateway.pointer.token } },
    });
    socket.write(frameOf(JSON.stringify({ jsonrpc: '2.0', method: 'initialized', params: {} })));
    return client;
  }

  request<T = unknown>(method: string, params: unknown): Promise<T> {
    const id = this.#nextId++;
    this.#socket.write(frameOf(JSON.stringify({ jsonrpc: '2.0', id, method, params })));
    return new Promise<T>((resolve, reject) => this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const at = performance.now();
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      const head = rest.indexOf('\r\n\r\n');
      const length = head < 0 ? 0 : Number(/Content-Length: (\d+)/.exec(rest.toString('latin1', 0, head))?.[1]);
      this.#needed = head < 0 ? 0 : head + 4 + length;
      if (head < 0 || rest.length < this.#needed) break;
      this.#handle(JSON.parse(rest.toString('utf8', head + 4, this.#needed)) as Message, at);
      rest = rest.subarray(this.#needed);
    }
    this.#chunks = [rest];
    this.#size = rest.length;
  }

  #handle(message: Message, at: number): void {
    if (message.method === 'sessions/event' && message.params !== undefined) return this.#onEvent(message.params, at);
    if (message.id === undefined) return undefined;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(new Error(JSON.stringify(message.error)));
    return undefined;
  }
}
