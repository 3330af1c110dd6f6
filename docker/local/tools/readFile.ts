import type { Tool, ToolContext, ToolOutcome } from './tool.ts';
import { ToolFailure } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { isBinary, openRegular } from './textFile.ts';
import { resolvePath } from './workspacePath.ts';

const maxBytes = 262_144;
const newline = 0x0a;

/** Reads a text file, or some lines of it, at most 256 KB at once. */
export const readFile: Tool = {
  name: 'read_file',
  description: 'Reads a text file. Gives at most 256 KB; read on with offset. Lines count from 1.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    offset: { type: 'integer', description: 'First line to give; 1 when missing.', minimum: 1 },
    limit: { type: 'integer', description: 'How many lines to give; all when missing.', minimum: 1 },
  },
  isReadOnly: true,
  needsWriting: false,
  title: (args) => args.requiredText('path'),
  run: readLines,
};

async function readLines(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const offset = args.integer('offset') ?? 1;
  const { handle, size } = await openRegular(resolvePath(context, given), given);
  try {
    const window = new LineWindow(offset, args.integer('limit') ?? Infinity);
    let isFirst = true;
    for await (const chunk of handle.createReadStream({ highWaterMark: 65_536, autoClose: false, signal: context.signal })) {
      if (isFirst && isBinary(chunk as Buffer)) throw new ToolFailure(`${given} is a binary file of ${size} bytes.`);
      isFirst = false;
      window.push(chunk as Buffer);
      if (window.isFull) break;
    }
    return describe(window, given, offset, size);
  } finally {
    await handle.close();
  }
}

function describe(window: LineWindow, given: string, offset: number, size: number): ToolOutcome {
  const count = window.lines;
  if (size === 0) return { state: 'done', output: '[The file is empty.]', result: '0 lines' };
  if (count === 0) throw new ToolFailure(`${given} has only ${window.seenLines} lines; offset ${offset} is behind its end.`);
  const last = offset + count - 1;
  const goesOn = window.isFull ? `\n[Lines ${offset} to ${last}; the file goes on${window.isLineCut ? ', and the last line was cut' : ''}. Read on with offset ${last + 1}.]` : '';
  return { state: 'done', output: `${window.text}${goesOn}`, result: `${count} ${count === 1 ? 'line' : 'lines'}` };
}

/** Keeps some lines of a stream of bytes, and stops when they or the cap are reached. */
class LineWindow {
  readonly #first: number;
  readonly #limit: number;
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;
  #line = 1;
  /** Where the pieces of the present line begin among the kept ones. */
  #lineStart = 0;
  #hasOpenLine = false;
  /** Something lies behind what was kept. */
  isFull = false;
  isLineCut = false;

  constructor(first: number, limit: number) {
    this.#first = first;
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    for (let start = 0; start < chunk.length && !this.isFull; ) {
      const at = chunk.indexOf(newline, start);
      const end = at === -1 ? chunk.length : at + 1;
      this.#take(chunk.subarray(start, end), at !== -1);
      start = end;
    }
  }

  /** Lines of the window, a last one without a newline included. */
  get lines(): number {
    return Math.max(0, this.seenLines - this.#first + 1);
  }

  get seenLines(): number {
    return this.#line - 1 + (this.#hasOpenLine ? 1 : 0);
  }

  get text(): string {
    return Buffer.concat(this.#kept).toString('utf8').replace(/\uFFFD$/, '');
  }

  #take(piece: Buffer, isWhole: boolean): void {
    if (!this.#hasOpenLine) this.#lineStart = this.#kept.length;
    if (this.#line >= this.#first) {
      if (this.#line >= this.#first + this.#limit) return void (this.isFull = true);
      if (this.#keptBytes + piece.length > maxBytes) return this.#takeStart(piece);
      this.#kept.push(piece);
      this.#keptBytes += piece.length;
    }
    this.#hasOpenLine = !isWhole;
    if (isWhole) this.#line += 1;
  }

  /** Only a line that is longer than the cap alone is cut; others are left for the next call. */
  #takeStart(piece: Buffer): void {
    this.isFull = true;
    if (this.#line > this.#first) {
      this.#kept.length = this.#lineStart;
      this.#hasOpenLine = false;
      return;
    }
    this.isLineCut = true;
    this.#hasOpenLine = true;
    this.#kept.push(piece.subarray(0, maxBytes - this.#keptBytes));
  }
}
