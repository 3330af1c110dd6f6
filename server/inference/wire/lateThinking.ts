import { blockBehind } from './calls/proseCode.ts';
import { opensIn } from './calls/spokenNotations.ts';

/** A piece of content, sorted. */
export interface SplitPiece {
  readonly kind: 'text' | 'thinking';
  readonly text: string;
}

/** Takes reasoning between tags out of an answer that has begun. */
export interface LateThinking {
  push(text: string): SplitPiece[];
  /** Gives what was held back: without its closing tag it is text. */
  end(): SplitPiece[];
}

const tags = ['think', 'thinking', 'thought'];
const opensLine = /(?:^|\n)<(think|thinking|thought)>/g;
/** So much is held while the closing tag is waited for, in UTF-16 units; behind that the tag is text. */
const maxHeld = 262_144;
/** So much of the answer waits to be searched for code blocks, in UTF-16 units. */
const maxUnread = 65_536;

/**
 * Makes a LateThinking. A tag counts at the start of a line, outside of code blocks, once it is closed, because an answer may talk about tags; not
 * behind a tool call left in the text, because what it writes to a file may hold them. Text without one passes as it comes.
 */
export function createLateThinking(): LateThinking {
  let held = '';
  /** The closing tag that is waited for, and how much of what is held has none. */
  let close = '';
  let searched = 0;
  /** The answer's last text, of which no code block was looked for, and the fence of the block before it. */
  let unread = '';
  let block = '';
  let hasCall = false;

  function give(length: number, pieces: SplitPiece[]): void {
    if (length === 0) return;
    const text = held.slice(0, length);
    pieces.push({ kind: 'text', text });
    held = held.slice(length);
    unread += text;
    if (unread.length > maxUnread) readBlocks();
  }

  /** Only whole lines are read, because a fence may be in the making. */
  function readBlocks(): void {
    hasCall ||= opensIn(unread).next().done === false;
    const start = unread.lastIndexOf('\n') + 1;
    block = blockBehind(unread.slice(0, start), block);
    unread = unread.slice(start).slice(-maxUnread / 2);
  }

  const isLineStart = (): boolean => unread === '' || unread.endsWith('\n');

  /** Gives the text up to the first tag; false when there is none. */
  function toTag(pieces: SplitPiece[]): boolean {
    opensLine.lastIndex = 0;
    let found = held.includes('<') ? opensLine.exec(held) : null;
    if (found?.index === 0 && !found[0].startsWith('\n') && !isLineStart()) found = opensLine.exec(held);
    if (found === null) {
      give(held.length - partLength(), pieces);
      return false;
    }
    const { length } = found[0].trimStart();
    give(found.index + found[0].length - length, pieces);
    readBlocks();
    if (block === '' && !hasCall) close = `</${found[1] ?? ''}>`;
    else give(length, pieces);
    searched = 0;
    return true;
  }

  /** How much at the end may be the beginning of a tag. */
  function partLength(): number {
    const start = held.lastIndexOf('\n') + 1;
    if (held[start] !== '<' || (start === 0 && !isLineStart())) return 0;
    const line = held.slice(start);
    return tags.some((tag) => `<${tag}>`.startsWith(line)) ? line.length : 0;
  }

  /** Gives the reasoning up to its closing tag; false when that is still to come. */
  function toClose(pieces: SplitPiece[]): boolean {
    const at = held.indexOf(close, searched);
    searched = Math.max(0, held.length - close.length + 1);
    if (at === -1 && held.length <= maxHeld) return false;
    if (at === -1) give(held.length, pieces);
    else {
      pieces.push({ kind: 'thinking', text: held.slice(close.length - 1, at) });
      held = held.slice(at + close.length);
    }
    close = '';
    return held !== '';
  }

  return {
    push(text) {
      held += text;
      const pieces: SplitPiece[] = [];
      while (close === '' ? toTag(pieces) : toClose(pieces));
      return pieces;
    },
    end() {
      close = '';
      const pieces: SplitPiece[] = [];
      give(held.length, pieces);
      return pieces;
    },
  };
}
