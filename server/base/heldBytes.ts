const leastCapacity = 1024;

/**
 * Bytes of a stream that wait for the rest, at most `maxBytes` of them. They are copied together as they come: kept apart, each piece of a
 * stream that comes byte by byte would cost a hundred times its size.
 */
export class HeldBytes {
  readonly #maxBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes; false when they would be too many, and then nothing is held any longer. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) {
      this.take();
      return false;
    }
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  /** Gives what is held, and holds nothing from there on. */
  take(): Buffer {
    const held = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.alloc(0);
    this.#length = 0;
    return held;
  }

  #grow(length: number): void {
    const capacity = Math.min(this.#maxBytes, Math.max(length, 2 * this.#buffer.length, leastCapacity));
    const larger = Buffer.allocUnsafeSlow(capacity);
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
