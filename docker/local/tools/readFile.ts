import { followLinks } from '../files/foundFile.ts';
import { describeLineEnds } from '../files/lineEnds.ts';
import { hasChanged, hashOf } from '../files/seenFiles.ts';
import { openText, type TextSource } from '../files/textSource.ts';
import { LineWindow, type WindowStart } from './lineWindow.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';
import { ToolFailure } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { resolvePath } from './workspacePath.ts';

const maxBytes = 262_144;

/** Reads a text file, or some lines of it, at most 256 KB at once. */
export const readFile: Tool = {
  name: 'read_file',
  description: 'Reads a text file. Gives at most 256 KB; read on with offset, and within a very long line with column. Lines and columns count from 1.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    offset: { type: 'integer', description: 'First line to give; 1 when missing.', minimum: 1 },
    limit: { type: 'integer', description: 'How many lines to give; all when missing.', minimum: 1 },
    column: { type: 'integer', description: 'First character of the first line to give, for a line that was cut; 1 when missing.', minimum: 1 },
  },
  isReadOnly: true,
  needsWriting: false,
  title: (args) => args.requiredText('path'),
  run: readLines,
};

async function readLines(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const start: WindowStart = { line: args.integer('offset') ?? 1, column: args.integer('column') ?? 1, limit: args.integer('limit') ?? Infinity, maxBytes };
  const file = await followLinks(resolvePath(context, given), given);
  const source = await openText(file, given);
  try {
    const window = new LineWindow(start);
    for await (const piece of source.pieces(context.signal)) {
      window.push(piece);
      if (window.isFull) break;
    }
    const outcome = describe(window, { given, start, source });
    const hash = source.bytes === undefined ? undefined : await hashOf(source.bytes);
    const known = context.seen.recall(file);
    const isAll = start.line === 1 && start.column === 1 && !window.isFull;
    const isWhole = isAll || (known?.isWhole === true && !hasChanged(known, source.stat, hash));
    context.seen.remember(file, { stat: source.stat, hash, isKnown: true, isWhole });
    return outcome;
  } finally {
    await source.close();
  }
}

function describe(window: LineWindow, { given, start, source }: { given: string; start: WindowStart; source: TextSource }): ToolOutcome {
  const { line, column } = start;
  const count = window.lines;
  if (window.seenLines === 0) return { state: 'done', output: '[The file is empty.]', result: '0 lines' };
  if (count === 0) throw new ToolFailure(`${given} has only ${window.seenLines === 1 ? '1 line' : `${window.seenLines} lines`}; offset ${line} is behind its end.${whyOneLine(source)}`);
  if (column > window.firstLineColumns + 1) throw new ToolFailure(`Line ${line} of ${given} has only ${window.firstLineColumns} characters; column ${column} is behind its end.`);
  const { text } = window;
  const notes = [...whereItGoesOn(window, line + count - 1, start), ...whatItIsMadeOf(source, text)];
  const ended = notes.length === 0 ? '' : `\n${notes.join('\n')}`;
  return { state: 'done', output: `${text.replaceAll('\r\n', '\n')}${ended}`, result: `${count} ${count === 1 ? 'line' : 'lines'}` };
}

/** A reader that knows its lines from elsewhere should know why they are none here. */
function whyOneLine({ bytes, codec }: TextSource): string {
  if (bytes === undefined || describeLineEnds(codec.toRaw(bytes)) !== 'CR') return '';
  return " Its lines end with carriage returns alone (\\r), which part no lines here: read on with column, or see its lines with tr '\\r' '\\n' through run_command.";
}

function whereItGoesOn(window: LineWindow, last: number, { line, column }: WindowStart): string[] {
  const from = column === 1 ? '' : ` from column ${column}`;
  if (!window.isFull) return from === '' ? [] : [`[Line ${line}${from} on.]`];
  const cut = window.cutColumn;
  const next = cut === undefined ? `offset ${last + 1}` : `offset ${last} and column ${cut}`;
  return [`[Lines ${line}${from} to ${last}; the file goes on${cut === undefined ? '' : ', and the last line was cut'}. Read on with ${next}.]`];
}

/** What a reader cannot see in the text, and a writer should know. */
function whatItIsMadeOf({ codec }: TextSource, text: string): string[] {
  const ends = describeLineEnds(text);
  const facts = [
    ...(codec.name === 'UTF-8' && codec.isLossless && codec.mark === '' ? [] : [`Encoding: ${codec.name}${codec.isDoubtful && codec.isLossless ? ', guessed from its bytes' : ''}${codec.mark === '' ? '' : ', with a byte order mark'}`]),
    ...(codec.isLossless ? [] : ['bytes that are not UTF-8 are shown as \uFFFD']),
    ...(ends === 'LF' ? [] : [ends === 'mixed' ? 'CRLF and LF line ends' : `${ends} line ends`]),
  ];
  return facts.length === 0 ? [] : [`[${facts.join('; ')}.]`];
}
