/** Fewer characters may well be said twice by chance, such as a word; but not the word, or the line, that the text broke off in, without a space between. */
const minOverlapChars = 12;
const lastWord = /(?<![\p{L}\p{M}\p{N}_])\p{L}[\p{L}\p{M}]+$/u;
const lastLine = /(?<=^|\n)[^\n]*\p{L}[^\n]*$/u;
const minLineChars = 4;
/** So far back a continuation may begin. */
const maxBackChars = 4_096;

/**
 * Takes a continuation as it comes and gives it without its beginning, where that says again what stands at the end of the text before:
 * models that are told to go on often begin with their last sentence, or with the whole answer.
 */
export class OverlapCutter {
  readonly #before: string;
  /** Short ends of the text before: its last line, its last word. */
  readonly #shortEnds: readonly string[];
  #held = '';
  #isDecided: boolean;

  constructor(before: string) {
    this.#before = before.slice(-maxBackChars);
    const [line = ''] = lastLine.exec(this.#before) ?? [];
    const [word = ''] = lastWord.exec(this.#before) ?? [];
    this.#shortEnds = [line.length < minLineChars ? '' : line, word].filter((end) => end !== '' && end.length < minOverlapChars);
    this.#isDecided = before === '';
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
    for (const end of this.#shortEnds) {
      if (this.#held.startsWith(end)) return this.#decide(this.#held.slice(end.length));
      if (end.startsWith(this.#held)) return '';
    }
    return this.#decide(this.#held);
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
