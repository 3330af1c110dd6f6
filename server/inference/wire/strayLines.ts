import { parseJson } from './jsonFields.ts';

/** A line of a stream that belongs to no event of it: an `error:` field's value, JSON that stands there by itself, or words. */
export interface StrayLine {
  readonly kind: 'error' | 'json' | 'words';
  readonly text: string;
}

/** Takes lines that are no fields of server-sent events out of a stream, and gives the rest on as it comes. */
export interface StrayLines {
  push(text: string): void;
  end(): void;
  /** Nothing is held, and the next character begins a line. */
  readonly isBetweenLines: boolean;
}

/** Longer than any error; what is longer is not meant as one. */
const maxLength = 32 * 1024;
/** JSON over several lines is tried at the end of so many of them. */
const maxTries = 200;
const opener = /[\r\n](?:error:|[[{])/;
const halfOpener = /[\r\n]e(?:r(?:r(?:or?)?)?)?$/;
/** What ends JSON that is not whole: a blank line, or a field of the stream. */
const interruption = /(?:\r\n|\n|\r(?!\n))(?:\r|\n|data:|event:|id:|:)/g;
const longestInterruption = 8;

/** Makes StrayLines; `onText` gets the stream without them, `onStray` each in its place. */
export function createStrayLines({ onText, onStray }: { onText: (text: string) => void; onStray: (line: StrayLine) => void }): StrayLines {
  let isLineStart = true;
  let held = '';
  let captured: string | undefined;
  let tries = 0;

  function pass(text: string): void {
    if (text === '') return;
    isLineStart = text.endsWith('\n') || text.endsWith('\r');
    onText(text);
  }

  function search(text: string): string {
    const input = `${isLineStart ? '\n' : ' '}${text}`;
    const found = opener.exec(input);
    if (found !== null) {
      pass(input.slice(1, found.index + 1));
      captured = '';
      tries = 0;
      return input.slice(found.index + 1);
    }
    const half = halfOpener.exec(input);
    pass(input.slice(1, half === null ? undefined : half.index + 1));
    held = half === null ? '' : input.slice(half.index + 1);
    return '';
  }

  /** Takes what belongs to the line; gives the rest. */
  function capture(text: string, isEnd: boolean): string {
    const all = `${captured ?? ''}${text}`;
    const end = all.startsWith('error:') ? lineEnd(all, isEnd) : jsonEnd(all, (captured ?? '').length, isEnd);
    if (end === undefined) {
      captured = all;
      return '';
    }
    captured = undefined;
    isLineStart = true;
    const line = all.slice(0, end).trim();
    onStray(line.startsWith('error:') ? { kind: 'error', text: line.slice('error:'.length).trim() } : { kind: 'json', text: line });
    return all.slice(end);
  }

  /** JSON ends where it is whole at the end of a line, or at what cannot be a part of it. */
  function jsonEnd(text: string, from: number, isEnd: boolean): number | undefined {
    interruption.lastIndex = Math.max(0, from - longestInterruption);
    const broken = interruption.exec(text)?.index;
    const limit = broken ?? text.length;
    const breaks = /[}\]][ \t]*(?=[\r\n])/g;
    breaks.lastIndex = Math.max(0, from - 1);
    for (let found = breaks.exec(text); found !== null && breaks.lastIndex <= limit && tries < maxTries; found = breaks.exec(text)) {
      tries += 1;
      if (parseJson(text.slice(0, breaks.lastIndex)) !== undefined) return breaks.lastIndex;
    }
    if (broken !== undefined) return broken;
    return isEnd || text.length > maxLength ? text.length : undefined;
  }

  function run(text: string, isEnd: boolean): void {
    let rest = text;
    while (rest !== '' || (isEnd && captured !== undefined)) rest = captured === undefined ? search(rest) : capture(rest, isEnd);
  }

  return {
    get isBetweenLines() {
      return isLineStart && held === '' && captured === undefined;
    },
    push(text) {
      const all = held + text;
      held = '';
      run(all, false);
    },
    end() {
      run('', true);
      pass(held);
      held = '';
    },
  };
}

function lineEnd(text: string, isEnd: boolean): number | undefined {
  const end = text.search(/[\r\n]/);
  if (end !== -1) return end;
  return isEnd || text.length > maxLength ? text.length : undefined;
}
