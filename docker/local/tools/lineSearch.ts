import vm from 'node:vm';
import { ToolFailure } from './tool.ts';

/** A line that a pattern matches. */
export interface LineHit {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

const maxLineChars = 300;
/** A pattern that needs longer for one file is one that never ends; until then nothing else of the worker runs. */
const maxFileMs = 1_000;

/** Makes a search of texts by a regular expression from a model, which may be one that takes for ever: each text has a second. */
export function createLineSearch(pattern: string, isCaseIgnored: boolean): (text: string, maxHits: number) => LineHit[] {
  const regex = compile(pattern, isCaseIgnored);
  const job = { text: '', maxHits: 0, run: (): LineHit[] => searchLines(regex, job.text, job.maxHits) };
  const script = new vm.Script('job.run()');
  const context = vm.createContext({ job });
  return (text, maxHits) => {
    job.text = text;
    job.maxHits = maxHits;
    try {
      return script.runInContext(context, { timeout: maxFileMs }) as LineHit[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new ToolFailure(`The pattern takes too long (over ${maxFileMs} ms for one file). Use one without nested repetition.`);
    }
  };
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

function searchLines(regex: RegExp, text: string, maxHits: number): LineHit[] {
  const hits: LineHit[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length && hits.length < maxHits; index++) {
    const line = lines[index] ?? '';
    const match = regex.exec(line);
    if (match !== null) hits.push({ line: index + 1, text: clipAround(line.trimEnd(), match.index) });
  }
  return hits;
}

/** The part of a long line in which the match stands. */
function clipAround(line: string, at: number): string {
  if (line.length <= maxLineChars) return line;
  const start = Math.max(0, Math.min(at - 60, line.length - maxLineChars));
  return `${start > 0 ? '…' : ''}${line.slice(start, start + maxLineChars)}${start + maxLineChars < line.length ? '…' : ''}`.toWellFormed();
}
