import { createParser } from 'eventsource-parser';
import { createStrayLines, type StrayLine } from './strayLines.ts';

/** Reads server-sent events, and what servers put between them. */
export interface EventLines {
  push(text: string): void;
  /** The body is over: an event without its blank line is given. */
  end(): void;
}

/** Makes EventLines; after `onTooLarge` nothing more is read. */
export function createEventLines(
  maxLength: number,
  sink: { onEvent(name: string | undefined, data: string): void; onStray(line: StrayLine): void; onTooLarge(): void },
): EventLines {
  let isOver = false;
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

  function feed(text: string): void {
    if (!isOver) parser.feed(text);
  }

  function overflow(): void {
    isOver = true;
    sink.onTooLarge();
  }

  return {
    push: (text) => lines.push(text),
    end() {
      lines.end();
      feed('\n\n');
    },
  };
}
