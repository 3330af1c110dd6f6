import type { Readable } from 'node:stream';
import { AbstractMessageReader, type DataCallback, type Disposable, type MessageReader } from 'vscode-jsonrpc/node';
import { AppError } from '../base/appError.ts';
import { checkMessage, type CheckedMessage, type RequestId } from './checkMessage.ts';
import { FrameDecoder, type Decoded } from './frameDecoder.ts';
import { invalidRequestCode, malformed, parseErrorCode, toWireError } from './wireError.ts';

/** What the reader tells the connection beside the good messages. */
export interface ReaderEvents {
  /** Takes a request; false when its id is in use by one that was not answered. */
  accept(id: RequestId): boolean;
  /** A reply to what is not a request. */
  replyError(id: RequestId | null, error: { code: number; message: string; data: unknown }): void;
  /** The stream lost step: no more can be read. */
  onLost(reason: string): void;
  /** The client has said all that it will say. */
  onEnd(): void;
}

/** Stands before the JSON-RPC library and lets through only what is a message: everything else gets an error here. */
export class CheckedReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable;
  readonly #events: ReaderEvents;
  readonly #decoder = new FrameDecoder((decoded) => this.#take(decoded));
  #callback: DataCallback | undefined;

  constructor(input: Readable, events: ReaderEvents) {
    super();
    this.#input = input;
    this.#events = events;
  }

  override listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    const onData = (chunk: Buffer): void => this.#decoder.push(chunk);
    const onEnd = (): void => {
      if (!this.#decoder.isBetweenFrames) this.#reject(null, parseErrorCode, 'framing', 'The stream ended within a frame.');
      this.#events.onEnd();
    };
    this.#input.on('data', onData).on('end', onEnd);
    return {
      dispose: () => {
        this.#callback = undefined;
        this.#input.off('data', onData).off('end', onEnd);
      },
    };
  }

  #take(decoded: Decoded): void {
    if (this.#callback === undefined) return;
    if (decoded.kind === 'not_utf8') return this.#reject(null, parseErrorCode, 'not_utf8', 'The body of a frame is not UTF-8.');
    if (decoded.kind === 'lost') {
      this.#lose(decoded.reason, decoded.message);
      return;
    }
    let body: unknown;
    try {
      body = JSON.parse(decoded.text);
    } catch {
      return this.#reject(null, parseErrorCode, 'bad_json', 'The body of a frame is not JSON.');
    }
    this.#pass(checkMessage(body));
  }

  #pass(checked: CheckedMessage): void {
    if (checked.kind === 'invalid') this.#reject(checked.id, invalidRequestCode, checked.cause, checked.message);
    else if (checked.kind === 'notification') this.#callback?.(checked.message);
    else if (checked.kind === 'request') {
      if (this.#events.accept(checked.message.id)) this.#callback?.(checked.message);
      else this.#reject(checked.message.id, invalidRequestCode, 'id_in_use', 'A request with this id was not answered yet: give each request an id of its own.');
    }
  }

  #reject(id: RequestId | null, code: number, cause: string, message: string): void {
    this.#events.replyError(id, { ...toWireError(malformed(cause, message)), code });
  }

  #lose(reason: 'framing' | 'too_large', message: string): void {
    const full = `${message} The connection is closed.`;
    if (reason === 'framing') this.#reject(null, parseErrorCode, 'framing', full);
    else this.#events.replyError(null, toWireError(new AppError('limit_exceeded', full, { reason, hint: 'Send smaller messages.' })));
    this.#events.onLost(message);
  }
}
