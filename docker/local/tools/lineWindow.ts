/** Where a window on the lines of a text begins, and how much it may hold. */
export interface WindowStart {
  /** First line, from 1. */
  readonly line: number;
  /** First character of that line, from 1, in UTF-16 units. */
  readonly column: number;
  /** Most lines. */
  readonly limit: number;
  /** Most bytes of UTF-8. */
  readonly maxBytes: number;
}

/** Keeps some lines of a text that comes in pieces, and stops when they or the cap are reached. */
export class LineWindow {
  readonly #start: WindowStart;
  readonly #kept: string[] = [];
  #keptBytes = 0;
  #line = 1;
  /** Characters of the present line that were seen. */
  #seenColumns = 0;
  /** Where the pieces of the present line begin among the kept ones. */
  #lineStart = 0;
  #hasOpenLine = false;
  /** Something lies behind what was kept. */
  isFull = false;
  /** The first character of the last kept line that was left out; undefined when it is whole. */
  cutColumn: number | undefined;
  /** How many characters the first line has as far as it was seen. */
  firstLineColumns = 0;

  constructor(start: WindowStart) {
    this.#start = start;
  }

  push(piece: string): void {
    for (let start = 0; start < piece.length && !this.isFull; ) {
      const at = piece.indexOf('\n', start);
      const end = at === -1 ? piece.length : at + 1;
      this.#take(piece.slice(start, end), at !== -1);
      start = end;
    }
  }

  /** Lines of the window, a last one without a newline included. */
  get lines(): number {
    return Math.max(0, this.seenLines - this.#start.line + 1);
  }

  get seenLines(): number {
    return this.#line - 1 + (this.#hasOpenLine ? 1 : 0);
  }

  get text(): string {
    return this.#kept.join('');
  }

  #take(piece: string, isWhole: boolean): void {
    if (!this.#hasOpenLine) [this.#lineStart, this.#seenColumns] = [this.#kept.length, 0];
    if (this.#line >= this.#start.line) {
      if (this.#line >= this.#start.line + this.#start.limit) return void (this.isFull = true);
      const wanted = this.#withoutSkipped(piece);
      const bytes = Buffer.byteLength(wanted);
      if (this.#keptBytes + bytes > this.#start.maxBytes) return this.#takeStart(wanted);
      this.#kept.push(wanted);
      this.#keptBytes += bytes;
      this.#seenColumns += piece.length;
    }
    this.#hasOpenLine = !isWhole;
    if (isWhole) this.#line += 1;
  }

  /** Of the first line only what begins at the column. */
  #withoutSkipped(piece: string): string {
    if (this.#line > this.#start.line) return piece;
    this.firstLineColumns = this.#seenColumns + piece.replace(/\r?\n$/, '').length;
    return piece.slice(Math.max(0, this.#start.column - 1 - this.#seenColumns));
  }

  /** Only a line that is longer than the cap alone is cut, between two characters; others are left for the next call. */
  #takeStart(piece: string): void {
    this.isFull = true;
    if (this.#line > this.#start.line) {
      this.#kept.length = this.#lineStart;
      this.#hasOpenLine = false;
      return;
    }
    const room = this.#start.maxBytes - this.#keptBytes;
    const bytes = Buffer.from(piece.slice(0, room));
    let end = Math.min(room, bytes.length);
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    const part = bytes.toString('utf8', 0, end);
    this.#hasOpenLine = true;
    this.#kept.push(part);
    this.cutColumn = Math.max(this.#start.column, this.#seenColumns + 1) + part.length;
  }
}
