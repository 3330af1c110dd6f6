/** Keeps the first and the last bytes of a stream of any length, in memory of the limit's size. */
export class MiddleCut {
  readonly #headBytes: number;
  readonly #tailBytes: number;
  readonly #head: Buffer[] = [];
  #headLength = 0;
  #tail: Buffer[] = [];
  #tailLength = 0;
  #total = 0;

  constructor(limitBytes: number) {
    this.#headBytes = Math.ceil(limitBytes / 2);
    this.#tailBytes = limitBytes - this.#headBytes;
  }

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = this.#headBytes - this.#headLength;
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room));
      this.#headLength += Math.min(room, chunk.length);
    }
    const rest = chunk.subarray(Math.max(0, room));
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailLength += rest.length;
    if (this.#tailLength > 2 * this.#tailBytes + 65_536) this.#compact();
  }

  /** How many bytes were left out of the middle. */
  get cutBytes(): number {
    return Math.max(0, this.#total - this.#headBytes - this.#tailBytes);
  }

  get totalBytes(): number {
    return this.#total;
  }

  /** The text; what was left out is told in its place, and the cuts fall between characters. */
  toString(): string {
    this.#compact();
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    if (this.cutBytes === 0) return Buffer.concat([head, tail]).toString('utf8');
    return `${trimEnd(head)}\n[... ${this.cutBytes} bytes left out of the middle ...]\n${trimStart(tail)}`;
  }

  #compact(): void {
    const joined = Buffer.concat(this.#tail);
    // A copy, because a view would keep the whole chunk alive.
    const kept = Buffer.from(joined.subarray(Math.max(0, joined.length - this.#tailBytes)));
    this.#tail = [kept];
    this.#tailLength = kept.length;
  }
}

/** Cuts the middle out of a text that is longer than `limitBytes` of UTF-8, and says so in its place. */
export function cutMiddle(text: string, limitBytes: number): { text: string; cutBytes: number } {
  if (text.length * 3 <= limitBytes || Buffer.byteLength(text) <= limitBytes) return { text, cutBytes: 0 };
  const cut = new MiddleCut(limitBytes);
  cut.push(Buffer.from(text));
  return { text: cut.toString(), cutBytes: cut.cutBytes };
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** Without the part of a character at the end. */
function trimEnd(bytes: Buffer): string {
  let start = bytes.length;
  while (start > 0 && bytes.length - start < 3 && isContinuation(bytes[start - 1])) start -= 1;
  const lead = bytes[start - 1] ?? 0;
  const wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const have = bytes.length - start + 1;
  return bytes.subarray(0, wanted > have ? start - 1 : bytes.length).toString('utf8');
}

/** Without the rest of a character at the start. */
function trimStart(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start).toString('utf8');
}
