import type { Duplex } from 'node:stream';
import { createMessageConnection, Message, type CancellationToken, type MessageConnection, type MessageStrategy, type MessageWriter, type ResponseError, type ResponseMessage } from 'vscode-jsonrpc/node';
import { v7 as uuidv7 } from 'uuid';
import { AppError, asAppError } from '../base/appError.ts';
import type { Logger } from '../log/logger.ts';
import { inBulk } from './bulkAnswers.ts';
import { CheckedReader } from './checkedReader.ts';
import type { RequestId } from './checkMessage.ts';
import { ClientLifecycle, OutOfOrder, type HandshakeFacts } from './clientLifecycle.ts';
import { dispatch, type FindHandler } from './dispatch.ts';
import { maxFirstMessageBytes, maxMessageBytes } from './frameDecoder.ts';
import { FrameWriter } from './frameWriter.ts';
import type { RequestContext } from './handlers.ts';
import { Subscriptions } from './subscriptions.ts';
import { invalidRequestCode, toResponseError } from './wireError.ts';

/** What a connection needs of the process that it leads to. */
export interface ConnectionHost extends HandshakeFacts {
  readonly log: Logger;
  readonly find: FindHandler;
  /** Called with each request of a client that has presented the token. */
  readonly onRequest: () => void;
}

/** A request that was read and not answered yet. */
interface Pending {
  /** Under which the library knows it. */
  readonly number: number;
  /** Characters of its message. */
  readonly length: number;
  readonly afterReply: (() => void)[];
  readonly abort: AbortController;
}

/** So many unanswered requests and the rest waits unread. */
const maxPending = 512;
/** Unanswered requests of more characters than this in all, and the rest waits unread. */
const maxPendingLength = 32 * 1024 * 1024;
/** A closed connection whose client does not close its side is cut after this. */
const lingerMs = 2_000;

/** One client on one half-open stream: its lifecycle, one dispatch per request, subscriptions that end with it. */
export class Connection {
  readonly id = uuidv7();
  /** Resolves when both directions are closed and nothing of it is subscribed. */
  readonly closed: Promise<void>;
  readonly #host: ConnectionHost;
  readonly #stream: Duplex;
  readonly #lifecycle: ClientLifecycle;
  readonly #writer: FrameWriter;
  readonly #rpc: MessageConnection;
  readonly #subscriptions: Subscriptions;
  readonly #reader: CheckedReader;
  readonly #pending = new Map<RequestId, Pending>();
  readonly #idOf = new Map<number, RequestId>();
  readonly #resolveClosed: () => void;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #current: Pending | undefined;
  #isInputOver = false;
  #isWaiting = false;
  #pendingLength = 0;
  #lastNumber = 0;

  constructor(stream: Duplex, host: ConnectionHost) {
    this.#host = host;
    this.#stream = stream;
    this.#lifecycle = new ClientLifecycle(host);
    ({ promise: this.closed, resolve: this.#resolveClosed } = Promise.withResolvers<void>());
    this.#writer = new FrameWriter(stream, (message) => this.#onWritten(message));
    this.#subscriptions = new Subscriptions(this.#writer);
    this.#reader = new CheckedReader(stream, {
      maxBytes: () => (this.#lifecycle.isReady ? maxMessageBytes : maxFirstMessageBytes),
      mayTake: () => !this.#isWaiting,
      accept: (id, length) => this.#accept(id, length),
      numberOf: (id) => this.#pending.get(id)?.number,
      replyError: (id, error) => this.#writer.sendShared(JSON.stringify({ jsonrpc: '2.0', id, error }), nothing),
      onLost: (reason) => this.#lose(reason),
      onEnd: () => this.#onInputEnd(),
    });
    this.#rpc = createMessageConnection(this.#reader, this.#replies(), libraryLog(host.log), {
      messageStrategy: { handleMessage: this.#handOver },
    });
    this.#rpc.onRequest((method, params, token) => this.#answer(method, params, token));
    this.#rpc.onNotification((method) => this.#hear(method));
    this.#writer.onDrain(() => this.#updateFlow());
    stream.on('error', (error) => host.log.debug('A connection failed.', { data: { connectionId: this.id, error: error.message } }));
    stream.on('close', () => this.#onClosed());
    this.#rpc.listen();
  }

  /** Whether the client has presented the token. */
  get isReady(): boolean {
    return this.#state === 'open' && this.#lifecycle.isReady;
  }

  /** Ends the connection after what was written; what the client says from here on is not heard. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#subscriptions.dispose();
    this.#reader.stop();
    this.#stream.resume();
    this.#writer.end();
    setTimeout(() => this.#stream.destroy(), lingerMs).unref();
  }

  #accept(id: RequestId, length: number): number | undefined {
    if (this.#pending.has(id)) return undefined;
    const number = (this.#lastNumber += 1);
    this.#pending.set(id, { number, length, afterReply: [], abort: new AbortController() });
    this.#idOf.set(number, id);
    this.#pendingLength += length;
    this.#updateFlow();
    return number;
  }

  /** What the library writes, with the client's own id in the place of our number. */
  #replies(): MessageWriter {
    const writer = this.#writer;
    const write = (message: Message): Promise<void> => {
      if (!Message.isResponse(message)) return writer.write(message);
      const answer: ResponseMessage = { ...message, id: this.#idOf.get(message.id as number) ?? null };
      return writer.write(answer);
    };
    return { onError: writer.onError, onClose: writer.onClose, write, end: () => writer.end(), dispose: () => writer.dispose() };
  }

  /** The library calls the handler synchronously within `next`, so the pending request can be handed over here. */
  readonly #handOver: MessageStrategy['handleMessage'] = (message, next) => {
    const id = Message.isRequest(message) ? this.#idOf.get(message.id as number) : undefined;
    this.#current = id === undefined ? undefined : this.#pending.get(id);
    return next(message);
  };

  async #answer(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    const pending = this.#current ?? { number: 0, length: 0, afterReply: [], abort: new AbortController() };
    if (token.isCancellationRequested) pending.abort.abort();
    token.onCancellationRequested(() => pending.abort.abort());
    const { signal } = pending.abort;
    try {
      const own = this.#lifecycle.answer(method, params);
      if (own === 'shut_down') this.#subscriptions.dispose();
      if (own !== undefined) return own === 'shut_down' ? null : own;
      if (signal.aborted) throw cancelled(method);
      this.#host.onRequest();
      return await inBulk(method, this.#writer, signal, () => dispatch(method, params, this.#contextOf(pending), this.#host.find));
    } catch (thrown) {
      return signal.aborted ? toResponseError(cancelled(method)) : this.#toError(method, thrown);
    }
  }

  #contextOf({ abort, afterReply }: Pending): RequestContext {
    return {
      principal: 'owner',
      connectionId: this.id,
      clientName: this.#lifecycle.clientName,
      signal: abort.signal,
      subscriptions: this.#subscriptions,
      afterReply: (action) => void afterReply.push(action),
    };
  }

  #hear(method: string): void {
    if (method === 'exit') this.end();
  }

  #toError(method: string, thrown: unknown): ResponseError<unknown> {
    const error = asAppError(thrown);
    const data = { connectionId: this.id, method };
    if (this.#lifecycle.isRefused) this.#host.log.warn('A client without the right token was refused.', { data });
    if (error.class === 'internal') {
      const stack = error.cause instanceof Error ? error.cause.stack : error.stack;
      this.#host.log.error(`${method} failed: ${error.message}`, { data: { ...data, stack: stack ?? '' } });
    }
    return toResponseError(error, error instanceof OutOfOrder ? invalidRequestCode : undefined);
  }

  #onWritten(message: Message): void {
    if (!Message.isResponse(message) || message.id === null) return;
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    this.#idOf.delete(pending.number);
    this.#pendingLength -= pending.length;
    if (message.error === undefined) for (const action of pending.afterReply) action();
    if (this.#lifecycle.isRefused || (this.#isInputOver && this.#pending.size === 0)) this.end();
    else this.#updateFlow();
  }

  /** Nothing more is read from a client that does not take its answers, and before it is known one message at a time. */
  #updateFlow(): void {
    if (this.#state !== 'open') return;
    const { size } = this.#pending;
    this.#isWaiting = size >= maxPending || this.#pendingLength > maxPendingLength || (size > 0 && !this.#lifecycle.isReady) || this.#writer.isBehind;
    if (!this.#isWaiting) this.#reader.takeUp();
    if (this.#isWaiting && !this.#stream.isPaused()) this.#stream.pause();
    else if (!this.#isWaiting && this.#stream.isPaused()) this.#stream.resume();
  }

  #lose(reason: string): void {
    this.#host.log.warn('A client sent what is not a frame.', { data: { connectionId: this.id, reason } });
    this.end();
  }

  /** A client that has said all still hears the answers to it. */
  #onInputEnd(): void {
    this.#isInputOver = true;
    if (this.#pending.size === 0) this.end();
  }

  #onClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    for (const pending of this.#pending.values()) pending.abort.abort();
    this.#pending.clear();
    this.#idOf.clear();
    this.#pendingLength = 0;
    this.#subscriptions.dispose();
    this.#rpc.dispose();
    this.#resolveClosed();
  }
}

const nothing = new Uint8Array(0);

function cancelled(method: string): AppError {
  return new AppError('cancelled', `${method} was cancelled.`, { hint: 'Ask again if the answer is wanted.' });
}

/** What the library has to say goes to our log. */
function libraryLog(log: Logger): { error(text: string): void; warn(text: string): void; info(text: string): void; log(text: string): void } {
  return { error: (text) => log.error(text), warn: (text) => log.warn(text), info: (text) => log.debug(text), log: (text) => log.trace(text) };
}
