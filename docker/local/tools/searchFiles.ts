import path from 'node:path';
import fs from 'node:fs/promises';
import { createGlob } from './glob.ts';
import { createLineSearch, type LineHit } from './lineSearch.ts';
import { isBinary, openRegular } from './textFile.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { walkFiles } from './walkFiles.ts';
import { resolveInside } from './workspacePath.ts';

const maxHits = 200;
const maxFiles = 50_000;
const maxFileBytes = 2 * 1_048_576;
const maxTotalBytes = 256 * 1_048_576;
const maxMs = 20_000;

/** Searches the workspace for lines by a regular expression, or for files by a glob. */
export const searchFiles: Tool = {
  name: 'search_files',
  description: 'Searches text files for lines that match a regular expression, or lists files whose name matches a glob, or both together. Gives at most 200 hits.',
  parameters: {
    pattern: { type: 'string', description: 'JavaScript regular expression that a line must match; without it files are listed by glob.' },
    glob: { type: 'string', description: 'Only these files, such as *.ts or src/**/*.{js,ts}.' },
    path: { type: 'string', description: 'Folder or file to search, relative to the workspace; the workspace when missing.' },
    ignoreCase: { type: 'boolean', description: 'Upper and lower case are the same.' },
  },
  isReadOnly: true,
  needsWriting: false,
  title: (args) => args.text('pattern') ?? args.text('glob') ?? '',
  run: (args, context) => search(args, context),
};

interface Hits {
  readonly lines: string[];
  files: number;
  bytes: number;
  /** Why the search ended before all was seen. */
  stoppedBy: string | undefined;
}

async function search(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const [pattern, glob] = [args.text('pattern'), args.text('glob')];
  if (!pattern && !glob) throw new ToolFailure('Give a pattern, a glob, or both.');
  const start = await resolveInside(context, args.text('path') ?? '.');
  const root = await fs.realpath(context.workspacePath);
  const isWanted = glob ? createGlob(glob) : () => true;
  const find = pattern ? createLineSearch(pattern, args.isSet('ignoreCase')) : undefined;
  const hits: Hits = { lines: [], files: 0, bytes: 0, stoppedBy: undefined };
  const deadline = performance.now() + maxMs;
  for await (const { file, below } of filesFrom(start, context.signal)) {
    hits.stoppedBy ??= limitReached(hits, deadline);
    if (hits.stoppedBy !== undefined) break;
    hits.files += 1;
    if (!isWanted(below)) continue;
    const shown = path.relative(root, file) || path.basename(file);
    if (find === undefined) hits.lines.push(shown);
    else await searchFile(file, shown, find, hits);
  }
  return describe(hits, find === undefined);
}

async function* filesFrom(start: string, signal: AbortSignal): AsyncGenerator<{ file: string; below: string }> {
  if ((await fs.stat(start)).isFile()) return yield { file: start, below: path.basename(start) };
  for await (const below of walkFiles(start, signal)) yield { file: path.join(start, below), below };
}

function limitReached(hits: Hits, deadline: number): string | undefined {
  if (hits.lines.length >= maxHits) return `${maxHits} hits`;
  if (hits.files >= maxFiles) return `${maxFiles} files`;
  if (hits.bytes >= maxTotalBytes) return `${maxTotalBytes / 1_048_576} MiB`;
  return performance.now() > deadline ? `${maxMs / 1000} s` : undefined;
}

/** A file that cannot be read, is binary or too large is passed over, as it would be by a person. */
async function searchFile(file: string, shown: string, find: (text: string, maxHits: number) => LineHit[], hits: Hits): Promise<void> {
  const opened = await openRegular(file, shown).catch(() => undefined);
  if (opened === undefined) return;
  try {
    if (opened.size > maxFileBytes) return;
    const bytes = await opened.handle.readFile();
    hits.bytes += bytes.length;
    if (isBinary(bytes)) return;
    for (const { line, text } of find(bytes.toString('utf8'), maxHits - hits.lines.length)) hits.lines.push(`${shown}:${line}: ${text}`);
  } finally {
    await opened.handle.close();
  }
}

function describe(hits: Hits, isListing: boolean): ToolOutcome {
  const count = hits.lines.length;
  const what = isListing ? ['file', 'files'] : ['hit', 'hits'];
  const cut = hits.stoppedBy === undefined ? '' : `\n[The search ended at ${hits.stoppedBy}; narrow it by path, glob or pattern.]`;
  const output = count === 0 ? `No ${what[1]} among ${hits.files} files.${cut}` : `${hits.lines.join('\n')}${cut}`;
  return { state: 'done', output, result: `${count}${hits.stoppedBy === undefined ? '' : '+'} ${count === 1 ? what[0] : what[1]}` };
}
