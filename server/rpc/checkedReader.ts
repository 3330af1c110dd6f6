import type { Readable } from 'node:stream';
import { AbstractMessageReader, type DataCallback, type Disposable, type Message, type MessageReader } from 'vscode-jsonrpc/node';
import { AppError } from '../base/appError.ts';
import { holdsAtMost } from '../protocol/nesting.ts';
import { checkMessage, type CheckedMessage, type RequestId } from './checkMessage.ts';
import { FrameDecoder, type Decoded, type DecoderBounds } from './frameDecoder.ts';
import { invalidRequestCode, malformed, parseErrorCode, toWireError } from './wireError.ts';

/** A message of more values, each of which takes a hundred times the memory that it takes in the text, is not unfolded. */
const maxValues = 250_000;

/** What the reader asks and tells the connection beside the good messages. */
export interface ReaderEvents extends DecoderBounds {
  /** Takes a request of so many characters and gives the number under which the library knows it, or nothing when its id is in use by one that was not answered. */
  accept(id: RequestId, length: number): number | undefined;
  /** The number of a request that was not answered. */
  numberOf(id: RequestId): number | undefined;
  /** A reply to what is not a request. */
  replyError(id: RequestId | null, error: { code: number; message: string; data: unknown }): void;
  /** The stream lost step: no more can be read. */
  onLost(reason: string): void;
  /** The client has said all that it will say. */
  onEnd(): void;
}

/**
 * Stands before the JSON-RPC library and lets through only what is a message: everything else gets an error here. The library takes the
 * ids `1` and `"1"` for one, so that it gets numbers of our own instead.
 */
export class CheckedReader extends AbstractMessageReader implements MessageReader {
  readonly #input: Readable;
  readonly #events: ReaderEvents;
  readonly #decoder: FrameDecoder;
  #callback: DataCallback | undefined;

  constructor(input: Readable, events: ReaderEvents) {
    super();
    this.#input = input;
    this.#events = events;
    this.#decoder = new FrameDecoder((decoded) => this.#take(decoded), events);
  }

  /** Goes on with what waited until `mayTake` let it through. */
  takeUp(): void {
    this.#decoder.takeUp();
  }

  /** Hears nothing more. */
  stop(): void {
    this.#decoder.stop();
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
    if (!holdsAtMost(decoded.text, maxValues)) return this.#reject(null, invalidRequestCode, 'too_many_values', `A message of more than ${maxValues} values is not taken.`);
    let body: unknown;
    try {
      body = JSON.parse(decoded.text);
    } catch {
      return this.#reject(null, parseErrorCode, 'bad_json', 'The body of a frame is not JSON.');
    }
    this.#pass(checkMessage(body), decoded.text.length);
  }

  #pass(checked: CheckedMessage, length: number): void {
    if (checked.kind === 'invalid') this.#reject(checked.id, invalidRequestCode, checked.cause, checked.message);
    else if (checked.kind === 'notification') this.#callback?.(checked.message);
    else if (checked.kind === 'cancel') this.#cancel(checked.id);
    else if (checked.kind === 'request') {
      const number = this.#events.accept(checked.message.id, length);
      if (number !== undefined) this.#callback?.({ ...checked.message, id: number } as Message);
      else this.#reject(checked.message.id, invalidRequestCode, 'id_in_use', 'A request with this id was not answered yet: give each request an id of its own.');
    }
  }

  #cancel(id: RequestId): void {
    const number = this.#events.numberOf(id);
    if (number !== undefined) this.#callback?.({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: number } } as Message);
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
