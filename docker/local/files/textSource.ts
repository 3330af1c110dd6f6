import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { ToolFailure } from '../tools/tool.ts';
import { openRegular } from './foundFile.ts';
import { isBinary, judgeBytes, type Codec } from './textCodec.ts';

/** The text of a file of any size, piece by piece. */
export interface TextSource {
  readonly codec: Codec;
  readonly stat: BigIntStats;
  /** All bytes of a file that is not larger than what is read at once. */
  readonly bytes: Buffer | undefined;
  /** The text without its mark. Throws a BinaryFile where zero bytes come late. */
  pieces(signal: AbortSignal): AsyncGenerator<string>;
  close(): Promise<void>;
}

/** A file whose bytes are no text. */
export class BinaryFile extends ToolFailure {}

/** A file of up to this size is read at once, and judged by all of its bytes; a larger one by its beginning. */
const wholeBytes = 4 * 1_048_576;
const pieceBytes = 262_144;

/** Opens a text file; throws a ToolFailure, or a BinaryFile when it is none. The caller closes it. */
export async function openText(file: string, given: string): Promise<TextSource> {
  const { handle, stat } = await openRegular(file, given);
  try {
    const isWhole = stat.size <= wholeBytes;
    const bytes = isWhole ? await handle.readFile() : await readStart(handle);
    const codec = judgeBytes(bytes, !isWhole);
    if (isBinary(codec)) throw new BinaryFile(`${given} is a binary file of ${stat.size} bytes (${codec.binary}).`);
    return {
      codec,
      stat,
      bytes: isWhole ? bytes : undefined,
      pieces: (signal) => (isWhole ? onePiece(codec, bytes) : manyPieces(handle, codec, { signal, given })),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readStart(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, 0);
  return buffer.subarray(0, bytesRead);
}

// oxlint-disable-next-line require-await -- One shape for files of every size.
async function* onePiece(codec: Codec, bytes: Buffer): AsyncGenerator<string> {
  yield codec.textOf(codec.toRaw(bytes).slice(codec.mark.length));
}

async function* manyPieces(handle: FileHandle, codec: Codec, { signal, given }: { signal: AbortSignal; given: string }): AsyncGenerator<string> {
  const start = codec.unitBytes === 1 ? codec.mark.length : codec.mark.length * 2;
  const decode = decoderOf(codec);
  let at = start;
  for await (const chunk of handle.createReadStream({ start, highWaterMark: pieceBytes, autoClose: false, signal }) as AsyncIterable<Buffer>) {
    const zero = codec.unitBytes === 1 ? chunk.indexOf(0) : -1;
    if (zero !== -1) throw new BinaryFile(`${given} is a binary file (there is a zero byte at ${at + zero}).`);
    at += chunk.length;
    yield decode(chunk);
  }
}

/** Characters whose bytes are in two chunks come with the second. */
function decoderOf(codec: Codec): (chunk: Buffer) => string {
  if (codec.name === 'UTF-8') {
    const decoder = new StringDecoder('utf8');
    return (chunk) => decoder.write(chunk);
  }
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % codec.unitBytes);
    rest = Buffer.from(bytes.subarray(whole));
    return codec.textOf(codec.toRaw(bytes.subarray(0, whole)));
  };
}
