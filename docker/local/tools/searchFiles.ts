import path from 'node:path';
import fs from 'node:fs/promises';
import { BinaryFile, openText } from '../files/textSource.ts';
import { createGlob } from './glob.ts';
import { createLineSearch, PatternTooSlow, type LineSearch } from './lineSearch.ts';
import { describeSkipped, noteSkipped, type SkippedNotes } from './skippedNotes.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { walkFiles, type Skipped } from './walkFiles.ts';
import { resolveInside } from './workspacePath.ts';

const maxHits = 200;
const maxFiles = 50_000;
const maxTotalBytes = 256 * 1_048_576;
const maxMs = 20_000;

/** Searches the workspace for lines by a regular expression, or for files by a glob. */
export const searchFiles: Tool = {
  name: 'search_files',
  description: `Searches text files for lines that match a regular expression, or lists files whose name matches a glob, or both together. Gives at most ${maxHits} hits, and says what it did not search.`,
  parameters: {
    pattern: { type: 'string', description: 'JavaScript regular expression that a line must match; without it files are listed by glob.' },
    glob: { type: 'string', description: 'Only these files, such as *.ts or src/**/*.{js,ts}.' },
    path: { type: 'string', description: 'Folder or file to search, relative to the workspace; the workspace when missing.' },
    ignoreCase: { type: 'boolean', description: 'Upper and lower case are the same.' },
  },
  isReadOnly: true,
  needsWriting: false,
  title: (args) => args.text('pattern') ?? args.text('glob') ?? '',
  run: (args, context) => new Search(args, context).run(),
};

/** One search, with what it found so far. */
class Search {
  readonly #context: ToolContext;
  readonly #given: string;
  readonly #isWanted: (path: string) => boolean;
  readonly #newSearch: (() => LineSearch) | undefined;
  readonly #lines: string[] = [];
  readonly #skipped: SkippedNotes = new Map();
  readonly #deadline = performance.now() + maxMs;
  #files = 0;
  #bytes = 0;
  /** Why the search ended before all was seen. */
  #stoppedBy: string | undefined;

  constructor(args: ToolArguments, context: ToolContext) {
    const [pattern, glob] = [args.text('pattern'), args.text('glob')];
    if (!pattern && !glob) throw new ToolFailure('Give a pattern, a glob, or both.');
    this.#context = context;
    this.#given = args.text('path') ?? '.';
    this.#isWanted = glob ? createGlob(glob) : () => true;
    this.#newSearch = pattern ? createLineSearch(pattern, args.isSet('ignoreCase')) : undefined;
  }

  async run(): Promise<ToolOutcome> {
    const start = await resolveInside(this.#context, this.#given);
    const root = await fs.realpath(this.#context.workspacePath);
    for await (const { file, below } of this.#filesFrom(start, root)) {
      if (this.#isOver()) break;
      this.#files += 1;
      if (!this.#isWanted(below)) continue;
      const shown = path.relative(root, file) || path.basename(file);
      if (this.#newSearch === undefined) this.#lines.push(shown);
      else await this.#searchFile(file, shown, this.#newSearch());
    }
    return this.#describe();
  }

  async *#filesFrom(start: string, root: string): AsyncGenerator<{ file: string; below: string }> {
    if ((await fs.stat(start)).isFile()) return yield { file: start, below: path.basename(start) };
    const onSkipped = ({ kind, path: below }: Skipped): void => {
      const isFolder = kind === 'folder' || kind === 'unreadable';
      if (isFolder || this.#isWanted(below)) noteSkipped(this.#skipped, kind, path.relative(root, path.join(start, below)) || '.');
    };
    for await (const below of walkFiles(start, this.#context.signal, onSkipped)) yield { file: path.join(start, below), below };
  }

  #isOver(): boolean {
    if (this.#lines.length > maxHits) this.#stoppedBy ??= `${maxHits} hits`;
    else if (this.#files >= maxFiles) this.#stoppedBy ??= `${maxFiles} files`;
    else if (this.#bytes >= maxTotalBytes) this.#stoppedBy ??= `${maxTotalBytes / 1_048_576} MiB`;
    else if (performance.now() > this.#deadline) this.#stoppedBy ??= `${maxMs / 1000} s`;
    return this.#stoppedBy !== undefined;
  }

  async #searchFile(file: string, shown: string, search: LineSearch): Promise<void> {
    const found: string[] = [];
    try {
      const source = await openText(file, shown);
      try {
        for await (const piece of source.pieces(this.#context.signal)) {
          this.#bytes += piece.length;
          this.#add(found, shown, search.push(piece, this.#room(found)));
          if (this.#room(found) <= 0 || this.#isOver()) break;
        }
        this.#add(found, shown, search.end(this.#room(found)));
        if (search.hasSplitLine) noteSkipped(this.#skipped, 'split', shown);
        if (search.hasReturnsAlone) noteSkipped(this.#skipped, 'returns', shown);
        if (found.length > 0 && source.codec.name !== 'UTF-8') noteSkipped(this.#skipped, 'encoding', `${shown} as ${source.codec.name}`);
      } finally {
        await source.close();
      }
      this.#lines.push(...found);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (error instanceof BinaryFile) noteSkipped(this.#skipped, 'binary', shown);
      else if (error instanceof PatternTooSlow) throw error;
      else noteSkipped(this.#skipped, 'unreadable', shown);
    }
  }

  /** One more than are shown, to know whether there are more. */
  #room(found: readonly string[]): number {
    return maxHits + 1 - this.#lines.length - found.length;
  }

  #add(found: string[], shown: string, hits: ReturnType<LineSearch['push']>): void {
    for (const { line, text, column } of hits) found.push(`${shown}:${line}:${column === undefined ? '' : ` (column ${column})`} ${text}`);
  }

  #describe(): ToolOutcome {
    const count = Math.min(this.#lines.length, maxHits);
    if (this.#lines.length > maxHits) this.#stoppedBy = `${maxHits} hits`;
    this.#lines.length = count;
    const what = this.#newSearch === undefined ? ['file', 'files'] : ['hit', 'hits'];
    const stopped = this.#stoppedBy === undefined ? [] : [`[The search ended at ${this.#stoppedBy}; what follows was not searched. Narrow it by path, glob or pattern.]`];
    const found = count === 0 ? [`No ${what[1]} among ${this.#files} files.`] : this.#lines;
    const output = [...found, ...stopped, ...describeSkipped(this.#skipped)].join('\n');
    return { state: 'done', output, result: `${count}${this.#stoppedBy === undefined ? '' : '+'} ${count === 1 ? what[0] : what[1]}` };
  }
}
