import { blockBehind, isQuoted } from './proseCode.ts';
import { mayOpen, openLength, opensAtStart, opensIn } from './spokenNotations.ts';

/** Lets the text of an answer through as it comes, up to where a tool call may begin in it. */
export interface SpokenHolder {
  /** Gives what is surely text. */
  push(text: string): string;
  /** Everything that came. */
  whole(): string;
  /** How much of it was given. */
  readonly given: number;
}

/** A text that quotes more beginnings than this is about them. */
const maxQuoted = 200;
/** So much of the present line is looked at for quotation marks. */
const maxLine = 4_096;

/** Makes a SpokenHolder. What it holds is told apart when the answer is whole. */
export function createSpokenHolder(): SpokenHolder {
  let whole = '';
  let given = 0;
  /** What came and was not given, and of what was given the present line and the fence of the code block that it lies in. */
  let waiting = '';
  let line = '';
  let block = '';
  let isAtStart = true;
  let isOpened = false;
  let quoted = 0;

  /** How much of what waits is surely text. */
  function safeLength(): number {
    if (isAtStart) {
      const start = waiting.trimStart();
      isOpened = opensAtStart(start);
      if (isOpened || opensAtStart(start, true)) return 0;
      isAtStart = false;
    }
    for (const place of opensIn(waiting)) {
      if (quoted >= maxQuoted) return waiting.length;
      quoted += 1;
      if (isQuoted(line + waiting, line.length + place, block)) continue;
      isOpened = true;
      return place;
    }
    return waiting.length - openLength(waiting);
  }

  function give(length: number): string {
    const text = waiting.slice(0, length);
    const lines = line + text;
    const start = lines.lastIndexOf('\n') + 1;
    block = blockBehind(lines.slice(0, start), block);
    line = lines.slice(start).slice(-maxLine);
    waiting = waiting.slice(length);
    given += length;
    return text;
  }

  return {
    push(text) {
      whole += text;
      if (isOpened) return '';
      // Nearly every piece of nearly every answer, and each of them is read by a worker that compiles nothing.
      if (!isAtStart && waiting === '' && line.length < 2 * maxLine && !text.includes('\n') && !mayOpen(text)) {
        line += text;
        given += text.length;
        return text;
      }
      waiting += text;
      return give(safeLength());
    },
    whole: () => whole,
    get given() {
      return given;
    },
  };
}
