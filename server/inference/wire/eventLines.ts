import { createParser } from 'eventsource-parser';
import { createStrayLines, type StrayLine } from './strayLines.ts';

/** Reads server-sent events, and what servers put between them. */
export interface EventLines {
  push(text: string): void;
  /** The body is over: an event without its blank line is given. */
  end(): void;
}

/** What a line of an event begins with; the empty field is a comment. */
const fields = ['data', 'event', 'id', 'retry', ':'];
/** Whole lines of data and blank ones: nearly all of every stream, with nothing to be looked for. */
const plainLines = /^(?:data:[^\r\n]*\r?\n|\r?\n)+$/;
/** Of a line of words so much is held until it ends, in UTF-16 units. */
const maxWords = 2_000;

/** Makes EventLines; after `onTooLarge` nothing more is read. */
export function createEventLines(
  maxLength: number,
  sink: { onEvent(name: string | undefined, data: string): void; onStray(line: StrayLine): void; onTooLarge(): void },
): EventLines {
  let isOver = false;
  let tail = '';
  let isLineStart = true;
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: ({ event, data }) => {
      if (isOver) return;
      if (data.length > maxLength) overflow();
      else sink.onEvent(event, data);
    },
    onError: ({ type, line }) => {
      if (type === 'max-buffer-size-exceeded') overflow();
      else if (type === 'unknown-field' && line !== undefined && !isOver) sink.onStray({ kind: 'words', text: line });
    },
  });
  const lines = createStrayLines({
    onText: feed,
    onStray: (line) => {
      // The event before it is over, with or without its blank line.
      feed('\n\n');
      if (!isOver) sink.onStray(line);
    },
  });

  /** The parser drops the beginning of a line that is no field and says nothing of it at its end, so that one goes to it whole. */
  function feed(text: string): void {
    if (isOver || text === '') return;
    const all = tail + text;
    const start = Math.max(all.lastIndexOf('\n'), all.lastIndexOf('\r')) + 1;
    const isHeld = (start > 0 || isLineStart) && isWords(all.slice(start));
    tail = isHeld ? all.slice(start, start + maxWords) : '';
    isLineStart = isHeld || start === all.length;
    parser.feed(isHeld ? all.slice(0, start) : all);
  }

  function overflow(): void {
    isOver = true;
    sink.onTooLarge();
  }

  return {
    push(text) {
      if (!isOver && isLineStart && tail === '' && lines.isBetweenLines && plainLines.test(text)) parser.feed(text);
      else lines.push(text);
    },
    end() {
      lines.end();
      feed('\n\n');
    },
  };
}

const isWords = (line: string): boolean => line !== '' && !fields.some((field) => field.startsWith(line) || line.startsWith(field));
