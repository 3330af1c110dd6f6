import type { Readable, Writable } from 'node:stream';

/** Any message as it came over the wire. */
export interface WireMessage {
  readonly jsonrpc?: string;
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: { class?: string; cause?: string; hint?: string; retryable?: boolean; details?: Record<string, unknown> } };
}

/** A request that was answered with an error. */
export class RpcError extends Error {
  readonly code: number;
  readonly errorClass: string | undefined;
  readonly reason: string | undefined;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(error: NonNullable<WireMessage['error']>) {
    super(error.message);
    this.code = error.code;
    this.errorClass = error.data?.class;
    this.reason = error.data?.cause;
    this.hint = error.data?.hint;
    this.details = error.data?.details;
  }
}

/** One frame around a body. */
export function frameOf(body: string | Uint8Array): Buffer {
  const bytes = Buffer.from(body);
  return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

/** How long a wait for a condition may take, ms. */
const defaultDeadlineMs = 10_000;

/**
 * A JSON-RPC client of its own making, over any two streams: it imports nothing of the server, so that what it
 * proves is the wire. Every message that came is kept in `received`, in order.
 */
export class RpcClient {
  readonly received: WireMessage[] = [];
  readonly #output: Writable;
  readonly #changed = new Set<() => void>();
  #buffer: Buffer = Buffer.alloc(0);
  #nextId = 1;
  #isEnded = false;

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    output.on('error', () => undefined);
    input.on('error', () => undefined);
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    for (const name of ['end', 'close']) input.on(name, () => this.#end());
  }

  /** Whether the other side has said all. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Bytes as they are. */
  sendRaw(bytes: string | Uint8Array): void {
    this.#output.write(bytes);
  }

  /** Any value as the body of a frame. */
  send(body: unknown): void {
    this.sendRaw(frameOf(JSON.stringify(body)));
  }

  notify(method: string, params?: unknown): void {
    this.send({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
  }

  /** Sends a request and gives its id. */
  begin(method: string, params?: unknown): number {
    const id = this.#nextId++;
    this.send({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) });
    return id;
  }

  /** The answer to a request; an error answer is thrown as RpcError. */
  async answer(id: number | string, deadlineMs = defaultDeadlineMs): Promise<unknown> {
    const message = await this.waitFor((each) => each.id === id && each.method === undefined, `the answer to request ${id}`, deadlineMs);
    if (message.error !== undefined) throw new RpcError(message.error);
    return message.result;
  }

  request<T = Record<string, unknown>>(method: string, params?: unknown, deadlineMs = defaultDeadlineMs): Promise<T> {
    return this.answer(this.begin(method, params), deadlineMs) as Promise<T>;
  }

  /** `initialize` as any LSP client sends it; the token only where the socket asks for it. */
  async initialize(token?: string, name = 'test client'): Promise<Record<string, unknown>> {
    const result = await this.request('initialize', {
      processId: process.pid,
      clientInfo: { name },
      capabilities: {},
      rootUri: null,
      initializationOptions: { logos: { protocol: 1, ...(token === undefined ? {} : { token }) } },
    });
    this.notify('initialized', {});
    return result;
  }

  /** Notifications of a method so far, optionally of one subscription. */
  events(method: string, subscriptionId?: string): Record<string, unknown>[] {
    return this.received.flatMap((message) => {
      const isWanted = message.method === method && (subscriptionId === undefined || message.params?.['subscriptionId'] === subscriptionId);
      return isWanted && message.params !== undefined ? [message.params] : [];
    });
  }

  /** The first message, of those that came and those that will, for which the condition holds. */
  async waitFor(isWanted: (message: WireMessage) => boolean, what: string, deadlineMs = defaultDeadlineMs): Promise<WireMessage> {
    await this.waitUntil(() => this.received.some(isWanted), what, deadlineMs);
    const found = this.received.find(isWanted);
    if (found === undefined) throw new Error(`${what} went away`);
    return found;
  }

  /** Resolves once the condition holds; looked at after every change. */
  async waitUntil(condition: () => boolean, what: string, deadlineMs = defaultDeadlineMs): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`${what} did not come within ${deadlineMs} ms`);
      if (this.#isEnded) throw new Error(`${what} did not come before the connection ended`);
      await this.#change(Math.max(1, deadline - Date.now()));
    }
  }

  async waitForEnd(deadlineMs = defaultDeadlineMs): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    while (!this.#isEnded) {
      if (Date.now() > deadline) throw new Error(`the connection did not end within ${deadlineMs} ms`);
      await this.#change(Math.max(1, deadline - Date.now()));
    }
  }

  /** Says that nothing more is coming from this side. */
  endInput(): void {
    this.#output.end();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#changed.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#changed.add(done);
    });
  }

  #end(): void {
    this.#isEnded = true;
    for (const done of [...this.#changed]) done();
  }

  #take(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    for (let message = this.#cut(); message !== undefined; message = this.#cut()) this.received.push(message);
    for (const done of [...this.#changed]) done();
  }

  #cut(): WireMessage | undefined {
    const end = this.#buffer.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const length = Number(/^Content-Length: (\d+)$/m.exec(this.#buffer.toString('latin1', 0, end))?.[1]);
    if (!Number.isInteger(length)) throw new Error(`not a frame: ${this.#buffer.toString('utf8', 0, Math.min(200, this.#buffer.length))}`);
    if (this.#buffer.length < end + 4 + length) return undefined;
    const body = this.#buffer.toString('utf8', end + 4, end + 4 + length);
    this.#buffer = this.#buffer.subarray(end + 4 + length);
    return JSON.parse(body) as WireMessage;
  }
}
