import { Transform, type TransformCallback } from 'node:stream';
import { maxFirstMessageBytes } from '../rpc/frameDecoder.ts';

const maxHeaderBytes = 8 * 1024;

/**
 * Passes a client's bytes on as they are, but for one thing: an `initialize` without a token gets it. Frames are looked at
 * only up to the first one that follows an `initialize`; what is no frame is passed on at once, because to answer it is the gateway's part.
 */
export class TokenInserter extends Transform {
  readonly #token: string;
  #waiting: Buffer = Buffer.alloc(0);
  #isLooking = true;
  #hasInitialize = false;

  constructor(token: string) {
    super();
    this.#token = token;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (!this.#isLooking) return done(null, chunk);
    this.#waiting = Buffer.concat([this.#waiting, chunk]);
    while (this.#isLooking && this.#passFrame());
    if (!this.#isLooking) this.#passRest();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#passRest();
    done();
  }

  /** Passes the first frame if it is whole; false when there is nothing to pass yet. */
  #passFrame(): boolean {
    const end = this.#waiting.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#isLooking = this.#waiting.length <= maxHeaderBytes;
      return false;
    }
    const length = /^content-length:[ \t]*(\d{1,9})[ \t]*$/im.exec(this.#waiting.toString('latin1', 0, end))?.[1];
    if (length === undefined || Number(length) > maxFirstMessageBytes) {
      this.#isLooking = false;
      return false;
    }
    const size = end + 4 + Number(length);
    if (this.#waiting.length < size) return false;
    const frame = this.#waiting.subarray(0, size);
    const changed = withToken(frame.toString('utf8', end + 4), this.#token);
    if (changed === 'other' && this.#hasInitialize) {
      this.#isLooking = false;
      return false;
    }
    this.#waiting = this.#waiting.subarray(size);
    if (changed === 'other') this.push(frame);
    else {
      this.#hasInitialize = true;
      this.push(`Content-Length: ${Buffer.byteLength(changed)}\r\n\r\n${changed}`);
    }
    return true;
  }

  #passRest(): void {
    if (this.#waiting.length > 0) this.push(this.#waiting);
    this.#waiting = Buffer.alloc(0);
  }
}

/** The body with the token in its place, or `other` when it is no `initialize`. Pure. */
function withToken(body: string, token: string): string {
  const message = parseObject(body);
  if (message === undefined || message['method'] !== 'initialize') return 'other';
  const params = asObject(message['params']) ?? {};
  const options = asObject(params['initializationOptions']) ?? {};
  const logos = asObject(options['logos']) ?? { protocol: 1 };
  const initializationOptions = { ...options, logos: { token, ...logos } };
  return JSON.stringify({ ...message, params: { ...params, initializationOptions } });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
