import vm from 'node:vm';
import { ToolFailure } from './tool.ts';

/** A line that a pattern matches. */
export interface LineHit {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** Where the match begins, from 1, when only a part of the line is shown. */
  readonly column: number | undefined;
}

/** Searches a text that comes in pieces. */
export interface LineSearch {
  /** Gives the hits of the lines that are whole by now. */
  push(piece: string, maxHits: number): LineHit[];
  /** Gives those of the last line. */
  end(maxHits: number): LineHit[];
  /** A line was so long that it was searched in pieces: a match across two of them was not found. */
  readonly hasSplitLine: boolean;
  /** Its lines end with carriage returns alone, as far as it was searched: it counts as one line, and anchors match at its ends only. */
  readonly hasReturnsAlone: boolean;
}

/** A pattern that would take for ever, in whichever file. */
export class PatternTooSlow extends ToolFailure {}

const maxLineChars = 300;
/** A pattern that needs longer for one piece is one that never ends; until then nothing else of the worker runs. */
const maxPieceMs = 1_000;
const maxHeldChars = 4 * 1_048_576;

/** Makes searches of texts by a regular expression from a model, which may be one that takes for ever: each piece of a text has a second. */
export function createLineSearch(pattern: string, isCaseIgnored: boolean): () => LineSearch {
  const regex = compile(pattern, isCaseIgnored);
  const job = { text: '', maxHits: 0, run: (): LineHit[] => searchLines(regex, job.text, job.maxHits) };
  const script = new vm.Script('job.run()');
  const context = vm.createContext({ job });
  const find = (text: string, maxHits: number): LineHit[] => {
    job.text = text;
    job.maxHits = maxHits;
    try {
      return script.runInContext(context, { timeout: maxPieceMs }) as LineHit[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new PatternTooSlow(`The pattern takes too long (over ${maxPieceMs} ms for one file). Use one without nested repetition.`);
    }
  };
  return () => new PieceSearch(find);
}

/** Holds back the line that is not whole yet. */
class PieceSearch implements LineSearch {
  readonly #find: (text: string, maxHits: number) => LineHit[];
  #held: string[] = [];
  #heldChars = 0;
  #line = 1;
  /** Characters of the held line that were searched already. */
  #columns = 0;
  hasSplitLine = false;
  #hasNewline = false;
  #hasReturn = false;

  constructor(find: (text: string, maxHits: number) => LineHit[]) {
    this.#find = find;
  }

  push(piece: string, maxHits: number): LineHit[] {
    const end = piece.lastIndexOf('\n');
    this.#hasNewline ||= end !== -1;
    this.#hasReturn ||= !this.#hasNewline && piece.includes('\r');
    const whole = end === -1 ? '' : this.#release(piece.slice(0, end));
    const hits = end === -1 ? [] : this.#search(whole, maxHits);
    if (end !== -1) {
      this.#line += 1 + countNewlines(whole);
      this.#columns = 0;
    }
    const rest = piece.slice(end + 1);
    this.#held.push(rest);
    this.#heldChars += rest.length;
    if (this.#heldChars <= maxHeldChars) return hits;
    this.hasSplitLine = true;
    const part = this.#release('');
    hits.push(...this.#search(part, maxHits - hits.length));
    this.#columns += part.length;
    return hits;
  }

  end(maxHits: number): LineHit[] {
    return this.#heldChars === 0 ? [] : this.#search(this.#release(''), maxHits);
  }

  get hasReturnsAlone(): boolean {
    return this.#hasReturn && !this.#hasNewline;
  }

  #release(tail: string): string {
    const text = this.#held.join('') + tail;
    this.#held = [];
    this.#heldChars = 0;
    return text;
  }

  #search(text: string, maxHits: number): LineHit[] {
    if (maxHits <= 0) return [];
    return this.#find(text, maxHits).map((hit) => ({ ...hit, line: hit.line + this.#line - 1, column: hit.column === undefined || hit.line > 1 ? hit.column : hit.column + this.#columns }));
  }
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

function compile(pattern: string, isCaseIgnored: boolean): RegExp {
  const flags = isCaseIgnored ? 'i' : '';
  try {
    return new RegExp(pattern, `${flags}u`);
  } catch {
    // Models escape more than the strict form allows.
  }
  try {
    return new RegExp(pattern, flags);
  } catch (error) {
    throw new ToolFailure(`The pattern is no regular expression: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** The carriage return of a line end is no part of its line, so that `$` stands before it. */
function searchLines(regex: RegExp, text: string, maxHits: number): LineHit[] {
  const hits: LineHit[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length && hits.length < maxHits; index++) {
    const line = (lines[index] ?? '').replace(/\r$/, '');
    const match = regex.exec(line);
    if (match === null) continue;
    const isLong = line.length > maxLineChars;
    hits.push({ line: index + 1, text: isLong ? clipAround(line, match.index) : line.trimEnd(), column: isLong ? match.index + 1 : undefined });
  }
  return hits;
}

/** The part of a long line in which the match stands. */
function clipAround(line: string, at: number): string {
  const start = Math.max(0, Math.min(at - 60, line.length - maxLineChars));
  return `${start > 0 ? '…' : ''}${line.slice(start, start + maxLineChars)}${start + maxLineChars < line.length ? '…' : ''}`.toWellFormed();
}
