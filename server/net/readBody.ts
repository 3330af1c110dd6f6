import type { Readable } from 'node:stream';

/** Reads a stream whole; undefined when it is longer than `maxBytes`, or when it breaks, and then the stream is left alone or destroyed by its owner. */
export function readBody(stream: Readable, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const end = (result: Buffer | undefined): void => {
      stream.off('data', onData);
      resolve(result);
    };
    const onData = (piece: Buffer): void => {
      length += piece.length;
      if (length > maxBytes) end(undefined);
      else pieces.push(piece);
    };
    stream.on('data', onData);
    stream.once('end', () => end(Buffer.concat(pieces, length)));
    stream.once('error', () => end(undefined));
    stream.once('close', () => end(undefined));
  });
}
