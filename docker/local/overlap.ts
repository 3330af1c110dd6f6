/** Fewer characters may well be said twice by chance, or be the rest of a word: `co` goes on as `coa`. */
const minOverlapChars = 12;
/** But not a line of more than letters, such as that of a list, begun once more right where it stands. */
const lastLine = /(?<=^|\n)(?=[^\n]*\p{L})(?=[^\n]*[^\p{L}\p{M}\n])[^\n]{4,}$/u;
/** So far back a continuation may begin. */
const maxBackChars = 4_096;

/**
 * Takes a continuation as it comes and gives it without its beginning, where that says again what stands at the end of the text before:
 * models that are told to go on often begin with their last sentence, or with the whole answer.
 */
export class OverlapCutter {
  readonly #before: string;
  /** The last line of the text before, where it is short; empty where it may be said twice. */
  readonly #line: string;
  #held = '';
  #isDecided: boolean;

  constructor(before: string) {
    this.#before = before.slice(-maxBackChars);
    const [line = ''] = lastLine.exec(this.#before) ?? [];
    this.#line = line.length < minOverlapChars ? line : '';
    this.#isDecided = before.length < minOverlapChars && this.#line === '';
  }

  /** The part of this piece, and of what was held back, that is new. */
  push(text: string): string {
    if (this.#isDecided) return text;
    this.#held += text;
    const held = this.#held.trimStart();
    if (held === '') return '';
    for (let at = 0; at <= this.#before.length - minOverlapChars; at += 1) {
      const end = this.#before.slice(at);
      if (held.startsWith(end)) return this.#decide(held.slice(end.length));
      if (end.startsWith(held)) return '';
    }
    if (this.#line !== '' && this.#held.startsWith(this.#line)) return this.#decide(this.#held.slice(this.#line.length));
    return this.#line.startsWith(this.#held) ? '' : this.#decide(this.#held);
  }

  /** What is still held back at the end of the stream. */
  end(): string {
    return this.#isDecided ? '' : this.#decide(this.#held);
  }

  #decide(rest: string): string {
    this.#isDecided = true;
    this.#held = '';
    return rest;
  }
}
