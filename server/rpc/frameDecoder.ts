import { TextDecoder } from 'node:util';
import { HeldBytes } from '../base/heldBytes.ts';

/** Largest body of one message, in bytes. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** Largest body of a message before `initialize` has succeeded: whoever has not shown the token yet is read no further. */
export const maxFirstMessageBytes = 64 * 1024;

/** Largest header part of one frame, in bytes. */
const maxHeaderBytes = 8 * 1024;

/** What the decoder found: a whole body as text, a body that is not UTF-8, or a stream that has lost step for good. */
export type Decoded =
  | { readonly kind: 'body'; readonly text: string }
  | { readonly kind: 'not_utf8' }
  | { readonly kind: 'lost'; readonly reason: 'framing' | 'too_large'; readonly message: string };

/** What decides how much is taken at present. */
export interface DecoderBounds {
  /** Largest body, in bytes, of the next frame. */
  readonly maxBytes: () => number;
  /** Whether the next frame may come out; while not, bytes wait in here. */
  readonly mayTake: () => boolean;
}

/**
 * Cuts a byte stream into `Content-Length` frames. Pure: bytes in, bodies out, however they are split.
 * After `lost` nothing more comes out, because no later byte can be trusted to begin a frame.
 */
export class FrameDecoder {
  readonly #emit: (decoded: Decoded) => void;
  readonly #bounds: DecoderBounds;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #header: Buffer = Buffer.alloc(0);
  #body: { readonly held: HeldBytes; missing: number } | undefined;
  #unread: Buffer | undefined;
  #isLost = false;

  constructor(emit: (decoded: Decoded) => void, bounds: Partial<DecoderBounds> = {}) {
    this.#emit = emit;
    this.#bounds = { maxBytes: () => maxMessageBytes, mayTake: () => true, ...bounds };
  }

  /** Whether the stream stands between two frames. */
  get isBetweenFrames(): boolean {
    return this.#header.length === 0 && this.#body === undefined;
  }

  push(chunk: Buffer): void {
    this.#unread = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    this.takeUp();
  }

  /** Goes on with bytes that waited, as far as `mayTake` lets it. */
  takeUp(): void {
    while (this.#unread !== undefined && !this.#isLost && this.#bounds.mayTake()) {
      const rest = this.#unread;
      this.#unread = undefined;
      this.#unread = this.#body === undefined ? this.#readHeader(rest) : this.#readBody(rest);
    }
    if (this.#isLost) this.#unread = undefined;
  }

  /** Takes nothing more, and lets go of what it holds. */
  stop(): void {
    this.#isLost = true;
    this.#header = Buffer.alloc(0);
    this.#body = undefined;
    this.#unread = undefined;
  }

  #readHeader(chunk: Buffer): Buffer | undefined {
    const bytes = this.#header.length === 0 ? chunk : Buffer.concat([this.#header, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 ? bytes.length > maxHeaderBytes : end > maxHeaderBytes) return this.#lose('framing', `The header of a frame is longer than ${maxHeaderBytes} bytes.`);
    if (end < 0) {
      this.#header = Buffer.from(bytes);
      return undefined;
    }
    this.#header = Buffer.alloc(0);
    const length = this.#parseHeader(bytes.toString('latin1', 0, end));
    if (length === undefined) return undefined;
    this.#body = { held: new HeldBytes(length), missing: length };
    return bytes.subarray(end + 4);
  }

  /** Gives the length of the body, or loses the stream. */
  #parseHeader(text: string): number | undefined {
    let length: number | undefined;
    for (const line of text.split('\r\n')) {
      const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
      if (field === null) return this.#lose('framing', 'A header line of a frame is not `Name: value`.');
      const [, name = '', value = ''] = field;
      if (name.toLowerCase() === 'content-type' && !isUtf8(value)) return this.#lose('framing', 'The Content-Type of a frame names another charset than utf-8.');
      if (name.toLowerCase() !== 'content-length') continue;
      if (length !== undefined) return this.#lose('framing', 'A frame has two Content-Length headers.');
      if (!/^\d{1,15}$/.test(value)) return this.#lose('framing', 'The Content-Length of a frame is not a count of bytes.');
      length = Number(value);
    }
    if (length === undefined) return this.#lose('framing', 'A frame has no Content-Length header.');
    const maxBytes = this.#bounds.maxBytes();
    if (length > maxBytes) return this.#lose('too_large', `A message of ${length} bytes is over the limit of ${maxBytes}${maxBytes < maxMessageBytes ? ' before initialize' : ''}.`);
    return length;
  }

  #readBody(chunk: Buffer): Buffer | undefined {
    const body = this.#body;
    if (body === undefined || (chunk.length === 0 && body.missing > 0)) return undefined;
    const taken = chunk.subarray(0, body.missing);
    body.missing -= taken.length;
    const isWhole = body.missing === 0 && body.held.length === 0;
    if (!isWhole) body.held.add(taken);
    if (body.missing > 0) return undefined;
    this.#body = undefined;
    this.#emit(this.#decode(isWhole ? taken : body.held.take()));
    return chunk.length > taken.length ? chunk.subarray(taken.length) : undefined;
  }

  #decode(body: Buffer): Decoded {
    try {
      return { kind: 'body', text: this.#utf8.decode(body) };
    } catch {
      return { kind: 'not_utf8' };
    }
  }

  #lose(reason: 'framing' | 'too_large', message: string): undefined {
    this.stop();
    this.#emit({ kind: 'lost', reason, message });
    return undefined;
  }
}

function isUtf8(contentType: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)"?/i.exec(contentType)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
