import type { Readable, Writable } from 'node:stream';
import type { AppError } from '../base/appError.ts';
import { checkMessage } from '../rpc/checkMessage.ts';
import { FrameDecoder, maxFirstMessageBytes } from '../rpc/frameDecoder.ts';
import { toWireError } from '../rpc/wireError.ts';

/**
 * Stands in for a gateway that could not be had: answers what the client asks first, which is `initialize`, with the reason, so that
 * it is heard by whoever does not see stderr. Resolves when a request was answered and written, or when the client has ended.
 */
export function refuseClient(error: AppError, input: Readable, output: Writable): Promise<void> {
  const wire = toWireError(error);
  const { promise, resolve } = Promise.withResolvers<void>();
  let isAnswered = false;
  const decoder = new FrameDecoder(
    (decoded) => {
      const checked = decoded.kind === 'body' ? checkMessage(parse(decoded.text)) : undefined;
      if (checked?.kind !== 'request' && decoded.kind !== 'lost') return;
      isAnswered = true;
      const body = JSON.stringify({ jsonrpc: '2.0', id: checked?.kind === 'request' ? checked.message.id : null, error: wire });
      output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
    { maxBytes: () => maxFirstMessageBytes },
  );
  const end = (): void => {
    input.destroy();
    if (output.writable) output.write('', () => resolve());
    else resolve();
  };
  output.on('error', () => resolve());
  input.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    if (isAnswered) end();
  });
  input.once('end', end).once('error', end);
  return promise;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
