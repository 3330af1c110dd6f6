import type { Readable } from 'node:stream';
import { HeldBytes } from '../base/heldBytes.ts';

const newline = 0x0a;

/** What a splitter finds. */
export interface LineHandlers {
  /** One line without its newline; bytes that are not UTF-8 become U+FFFD. */
  onLine(line: string): void;
  /** A line is longer than the cap; said once, and nothing is read after it. The owner ends the process. */
  onTooLong(maxBytes: number): void;
}

/** Cuts a stream of bytes into lines of at most `maxBytes`, newline included; chunks may end anywhere, also inside a character. */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #handlers: LineHandlers;
  /** What stands without a newline so far. */
  readonly #held: HeldBytes;
  #isBroken = false;

  constructor(maxBytes: number, handlers: LineHandlers) {
    this.#maxBytes = maxBytes;
    this.#handlers = handlers;
    this.#held = new HeldBytes(maxBytes - 1);
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    let start = 0;
    while (!this.#isBroken && start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#held.length + piece.length >= this.#maxBytes) {
        this.#break();
      } else if (end === -1) {
        this.#held.add(piece);
      } else {
        this.#emit(piece);
      }
      start = end === -1 ? chunk.length : end + 1;
    }
  }

  /** Takes the end of the stream; what stands without a newline is a line too. */
  end(): void {
    if (!this.#isBroken && this.#held.length > 0) this.#emit(Buffer.alloc(0));
  }

  #emit(piece: Buffer): void {
    if (this.#held.length > 0) this.#held.add(piece);
    const bytes = this.#held.length > 0 ? this.#held.take() : piece;
    this.#handlers.onLine(bytes.toString('utf8'));
  }

  #break(): void {
    this.#isBroken = true;
    this.#held.take();
    this.#handlers.onTooLong(this.#maxBytes);
  }
}

/** Reads a stream line by line until it ends; resolves then, also when it ends by an error. */
export function readLines(stream: Readable, maxBytes: number, handlers: LineHandlers): Promise<void> {
  const splitter = new LineSplitter(maxBytes, handlers);
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => splitter.push(chunk));
    stream.once('close', () => {
      splitter.end();
      resolve();
    });
    stream.on('error', () => undefined);
  });
}
