import type { Readable } from 'node:stream';

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
  #parts: Buffer[] = [];
  #heldBytes = 0;
  #isBroken = false;

  constructor(maxBytes: number, handlers: LineHandlers) {
    this.#maxBytes = maxBytes;
    this.#handlers = handlers;
  }

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    let start = 0;
    while (!this.#isBroken && start < chunk.length) {
      const end = chunk.indexOf(newline, start);
      const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#heldBytes + piece.length + 1 > this.#maxBytes) {
        this.#break();
      } else if (end === -1) {
        this.#hold(piece);
      } else {
        this.#emit(piece);
      }
      start = end === -1 ? chunk.length : end + 1;
    }
  }

  /** Takes the end of the stream; what stands without a newline is a line too. */
  end(): void {
    if (!this.#isBroken && this.#heldBytes > 0) this.#emit(Buffer.alloc(0));
  }

  #hold(piece: Buffer): void {
    this.#parts.push(piece);
    this.#heldBytes += piece.length;
    // A line that comes byte by byte would otherwise cost an object a byte.
    if (this.#parts.length >= 1024) this.#parts = [Buffer.concat(this.#parts)];
  }

  #emit(piece: Buffer): void {
    const bytes = this.#parts.length === 0 ? piece : Buffer.concat([...this.#parts, piece]);
    this.#parts = [];
    this.#heldBytes = 0;
    this.#handlers.onLine(bytes.toString('utf8'));
  }

  #break(): void {
    this.#isBroken = true;
    this.#parts = [];
    this.#heldBytes = 0;
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
