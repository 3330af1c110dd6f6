import type { Readable } from 'node:stream';
import { HeldBytes } from '../base/heldBytes.ts';

/** Reads a stream whole; undefined when it is longer than `maxBytes`, or when it breaks, and then the stream is left alone or destroyed by its owner. */
export function readBody(stream: Readable, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const held = new HeldBytes(maxBytes);
    const end = (result: Buffer | undefined): void => {
      stream.off('data', onData);
      resolve(result);
    };
    const onData = (piece: Buffer): void => {
      if (!held.add(piece)) end(undefined);
    };
    stream.on('data', onData);
    stream.once('end', () => end(held.take()));
    stream.once('error', () => end(undefined));
    stream.once('close', () => end(undefined));
  });
}
