import type { Writable } from 'node:stream';
import { Emitter as JsonRpcEmitter, type Message, type MessageWriter } from 'vscode-jsonrpc/node';
import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import { FairGate } from '../base/fairGate.ts';

/** A client that has more than this unread is behind: its subscriptions end and its requests wait. */
export const maxBacklogBytes = 16 * 1024 * 1024;

/** Writes frames to one client, in order; everything of one tick leaves in one write. */
export class FrameWriter implements MessageWriter {
  /** Whatever sends much at a time to this client takes turns here. */
  readonly bulk = new FairGate(() => 1);
  readonly #output: Writable;
  readonly #drained = new Emitter<void>();
  readonly #errors = new JsonRpcEmitter<[Error, Message | undefined, number | undefined]>();
  readonly #closes = new JsonRpcEmitter<void>();
  readonly #onWritten: (message: Message) => void;
  #isCorked = false;

  /** `onWritten` hears of every message that was handed to the stream, replies above all. */
  constructor(output: Writable, onWritten: (message: Message) => void = () => undefined) {
    this.#output = output;
    this.#onWritten = onWritten;
    output.on('drain', () => this.#drained.emit());
    output.on('close', () => {
      this.#closes.fire();
      this.#drained.emit();
    });
    output.on('error', (error) => this.#errors.fire([error, undefined, undefined]));
  }

  get onError(): MessageWriter['onError'] {
    return this.#errors.event;
  }

  get onClose(): MessageWriter['onClose'] {
    return this.#closes.event;
  }

  /** Bytes that were given to the stream and not yet taken by the client's side. */
  get backlogBytes(): number {
    return this.#output.writableLength;
  }

  get isBehind(): boolean {
    return this.#output.writableLength > maxBacklogBytes;
  }

  get isWritable(): boolean {
    return this.#output.writable;
  }

  /** Called whenever the backlog has emptied, and at the end of the stream. */
  onDrain(listener: () => void): Disposable {
    return this.#drained.on(listener);
  }

  /** Resolves when the backlog is below `bytes`, or the stream has ended. */
  async drainBelow(bytes: number): Promise<void> {
    while (this.backlogBytes > bytes && this.isWritable) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = this.#drained.on(resolve);
      await promise;
      void waiting.dispose();
    }
  }

  write(message: Message): Promise<void> {
    this.sendShared(JSON.stringify(message), emptyTail);
    this.#onWritten(message);
    return Promise.resolve();
  }

  /** Writes a notification of this connection alone. */
  notify(method: string, params: unknown): void {
    this.sendShared(JSON.stringify({ jsonrpc: '2.0', method, params }), emptyTail);
  }

  /** Writes one frame: its own head, then bytes that several subscribers share, so that they are serialised once. */
  sendShared(head: string, tail: Uint8Array): void {
    if (!this.#output.writable) return;
    this.#corkForThisTick();
    this.#output.write(`Content-Length: ${Buffer.byteLength(head) + tail.byteLength}\r\n\r\n${head}`);
    if (tail.byteLength > 0) this.#output.write(tail);
  }

  end(): void {
    if (this.#output.writable) this.#output.end();
  }

  dispose(): void {
    this.#errors.dispose();
    this.#closes.dispose();
  }

  #corkForThisTick(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#output.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#output.uncork();
    });
  }
}

const emptyTail = new Uint8Array(0);
