import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import { changeFile, type Unread } from '../files/changeFile.ts';
import type { FoundFile } from '../files/foundFile.ts';
import { strangeRun } from '../files/foreignText.ts';
import { makeFolderFor } from '../files/folderFor.ts';
import { describeLineEnds, fitLineEnds } from '../files/lineEnds.ts';
import { isBinary, judgeBytes, plainUtf8, whyNotHeld, type Codec } from '../files/textCodec.ts';
import { describeLineChange } from './lineChange.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { resolvePath } from './workspacePath.ts';

/** Of a file that is too large to be read whole this much tells what it is. */
const sampleBytes = 262_144;

/** Writes a whole text file, with the folders that it needs. */
export const writeFile: Tool = {
  name: 'write_file',
  description: 'Writes a whole text file, and makes its folders. What the file held before is replaced, its encoding and line ends are kept; to change a part of it use edit_file.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    content: { type: 'string', description: 'The whole content.', isRequired: true },
  },
  isReadOnly: false,
  needsWriting: true,
  title: (args) => args.requiredText('path'),
  run: write,
};

interface Written {
  readonly bytes: Buffer;
  readonly change: string;
  /** What was kept of the file that was there, and what the agent should know of it. */
  readonly notes: readonly string[];
}

async function write(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const content = args.requiredText('content');
  if (given.endsWith('/')) throw new ToolFailure(`${given} names a folder; give the name of the file, too. Folders are made with their first file.`);
  await makeFolderFor(resolvePath(context, given), given);
  const { bytes, change, notes } = await changeFile(context, {
    given,
    isWhole: true,
    make: async (before, unread) => (before === undefined ? writtenAnew(given, content) : writtenOver(before, { given, content, unread, signal: context.signal })),
  });
  return { state: 'done', output: [`Wrote ${bytes.length} bytes to ${given} (${change} lines).`, ...notes].join(' '), result: change };
}

function writtenAnew(given: string, content: string): Written {
  return { bytes: encode(given, content, plainUtf8), change: describeLineChange('', content), notes: [] };
}

interface Overwrite {
  readonly given: string;
  readonly content: string;
  readonly unread: Unread;
  readonly signal: AbortSignal;
}

async function writtenOver(before: FoundFile, { given, content, unread, signal }: Overwrite): Promise<Written> {
  const bytes = before.bytes ?? (await readSample(before.path));
  const codec = judgeBytes(bytes, before.bytes === undefined);
  const zero = before.bytes === undefined && !isBinary(codec) && codec.unitBytes === 1 ? await findZero(before.path, signal) : undefined;
  const why = isBinary(codec) ? codec.binary : zero === undefined ? undefined : `there is a zero byte at ${zero}`;
  if (isBinary(codec) || why !== undefined) {
    throw new ToolFailure(`${given} is a binary file of ${before.stat.size} bytes (${why}), which text would destroy. Write to another name, or delete it first.`);
  }
  const old = codec.toRaw(bytes).slice(codec.mark.length);
  const text = codec.mark === '' ? content : content.replace(/^\uFEFF/, '');
  const written = codec.toRaw(encode(given, text, codec));
  if (codec.isForeign && strangeRun(written, old) !== undefined) {
    throw new ToolFailure(`The encoding of ${given} is only guessed, and content holds characters beyond ASCII that do not stand so in it: they could become others. It was not written. Keep to ASCII there, or first convert the file to UTF-8 with iconv through run_command.`);
  }
  // A content with carriage returns says itself what its line ends are.
  const fresh = text.includes('\r') ? written : fitLineEnds(written, old, { start: 0, end: old.length });
  const kept = [
    ...(codec.name === 'UTF-8' ? [] : [`its encoding, ${codec.name}${codec.isDoubtful && codec.isLossless ? ' (guessed from its bytes)' : ''}`]),
    ...(codec.mark === '' ? [] : ['its byte order mark']),
    ...(fresh === written ? [] : [`its ${describeLineEnds(old) === 'mixed' ? 'mixed' : 'CRLF'} line ends`]),
  ];
  const isTurned = describeLineEnds(old) === 'CR' && fresh.includes('\n');
  const turned = "Its lines ended with carriage returns alone, and end with line feeds now; tr '\\n' '\\r' through run_command turns them back.";
  const notes = [...(kept.length === 0 ? [] : [`Kept: ${kept.join(', ')}.`]), ...(isTurned ? [turned] : []), ...(unread !== 'no' && bytes.length > 0 ? [`What it held before had not been read${unread === 'partly' ? ' whole, in one call' : ''}.`] : [])];
  return { bytes: codec.toBytes(codec.mark + fresh), change: describeLineChange(old, fresh), notes };
}

function encode(given: string, text: string, codec: Codec): Buffer {
  const why = whyNotHeld(text, codec);
  if (why !== undefined) throw new ToolFailure(`content holds ${why}; ${given} was not written. Write it in other characters${codec === plainUtf8 ? '' : ', or first convert the file to UTF-8 with iconv through run_command'}.`);
  return codec.toBytes(codec.rawOf(text) ?? '');
}

/** Where the first zero byte of a file is that is too large to be read whole: a program or an archive may begin with a long text. */
async function findZero(file: string, signal: AbortSignal): Promise<number | undefined> {
  let at = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1_048_576, signal }) as AsyncIterable<Buffer>) {
    const zero = chunk.indexOf(0);
    if (zero !== -1) return at + zero;
    at += chunk.length;
  }
  return undefined;
}

async function readSample(file: string): Promise<Buffer> {
  const handle = await fs.open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
