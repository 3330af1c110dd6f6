// A small client of the gateway, independent of the rest: `node dist/server.js --stdio` and JSON-RPC 2.0 in
// Content-Length frames. It shows how any program in any language can do the same.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { root } from './run.mjs';

/** A time-ordered id (UUID version 7), as the gateway asks for what a client creates. */
export function makeId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** An error that the gateway answered; `data` has class, cause and hint. */
export class GatewayError extends Error {
  constructor({ message, data }) {
    super(data?.hint ? `${message} ${data.hint}` : message);
    this.data = data;
  }
}

/** One connection over `--stdio`. Events go to `onEvent(method, params)`. */
export class GatewayClient {
  #child;
  #buffer = Buffer.alloc(0);
  #pending = new Map();
  #nextId = 1;
  #ended;
  #endReason;

  /**
   * @param {{onEvent?: (method: string, params: object) => void, env?: NodeJS.ProcessEnv, server?: string, isQuiet?: boolean, isDetached?: boolean}} options
   *   `isQuiet` keeps what the bridge says on stderr, `isDetached` keeps a Ctrl+C in the terminal from it.
   */
  constructor({ onEvent = () => {}, env = process.env, server = path.join(root, 'dist', 'server.js'), isQuiet = false, isDetached = false } = {}) {
    this.onEvent = onEvent;
    this.#child = spawn(process.execPath, [server, '--stdio'], { env, detached: isDetached, windowsHide: true, stdio: ['pipe', 'pipe', isQuiet ? 'ignore' : 'inherit'] });
    this.#child.stdout.on('data', (chunk) => this.#take(chunk));
    this.#child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(error.message));
      this.#child.on('close', (code) => resolve(`the gateway's bridge ended with code ${code}`));
    }).then((reason) => {
      this.#endReason = reason;
      for (const { reject } of this.#pending.values()) reject(new Error(reason));
      this.#pending.clear();
      return reason;
    });
  }

  /** Resolves with the reason when the connection is over. */
  get ended() {
    return this.#ended;
  }

  /** Shakes hands; answers what the gateway says of itself. */
  async initialize(clientName) {
    const result = await this.request('initialize', {
      processId: process.pid,
      clientInfo: { name: clientName, version: '1' },
      capabilities: {},
      initializationOptions: { logos: { protocol: 1 } },
    });
    this.#write({ jsonrpc: '2.0', method: 'initialized', params: {} });
    return result;
  }

  /** Asks and waits for the answer; a GatewayError when the gateway refuses. */
  request(method, params = {}) {
    if (this.#endReason !== undefined) return Promise.reject(new Error(this.#endReason));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#write({ jsonrpc: '2.0', id, method, params });
    });
  }

  /** Ends this connection in the way of the Language Server Protocol; the gateway goes on. */
  async close() {
    await this.request('shutdown', null).catch(() => {});
    this.#write({ jsonrpc: '2.0', method: 'exit' });
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), 3000);
    await this.#ended;
    clearTimeout(timer);
  }

  #write(message) {
    const body = Buffer.from(JSON.stringify(message.params === null ? { ...message, params: undefined } : message));
    this.#child.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  #take(chunk) {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *([0-9]+)/i.exec(this.#buffer.toString('latin1', 0, end))?.[1]);
      if (!Number.isSafeInteger(length)) {
        this.#child.kill();
        return;
      }
      const start = end + 4;
      if (this.#buffer.length < start + length) return;
      const message = JSON.parse(this.#buffer.toString('utf8', start, start + length));
      this.#buffer = this.#buffer.subarray(start + length);
      this.#handle(message);
    }
  }

  #handle(message) {
    if (message.method !== undefined) {
      this.onEvent(message.method, message.params);
      return;
    }
    const waiting = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.error) waiting?.reject(new GatewayError(message.error));
    else waiting?.resolve(message.result);
  }
}
