/** Blanks a key out of what goes back to a sandbox, because some servers repeat the key that they refuse. */
export interface KeyBlanker {
  /** The next bytes of a stream; an end that could be the beginning of the key waits for what follows it. */
  bytes(chunk: Buffer): Buffer;
  /** What waited when the stream ended. */
  rest(): Buffer;
  text(text: string): string;
}

const minLength = 6;

/** Makes a KeyBlanker for the value of an authorization header; blanks keep the length, so that framing stays as it is. */
export function createKeyBlanker(authorization: string | undefined): KeyBlanker {
  const key = authorization?.replace(/^\S+\s+/, '') ?? '';
  if (key.length < minLength) return { bytes: (chunk) => chunk, rest: () => nothing, text: (text) => text };
  const needle = Buffer.from(key);
  let waiting: Buffer = nothing;
  return {
    text: (text) => text.replaceAll(key, '*'.repeat(key.length)),
    bytes(chunk) {
      const blanked = blank(waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]), needle);
      const end = blanked.length - beginningAtEnd(blanked, needle);
      waiting = blanked.subarray(end);
      return blanked.subarray(0, end);
    },
    rest() {
      const last = waiting;
      waiting = nothing;
      return last;
    },
  };
}

const nothing: Buffer = Buffer.alloc(0);

function blank(chunk: Buffer, needle: Buffer): Buffer {
  let found = chunk.indexOf(needle);
  if (found === -1) return chunk;
  const blanked = Buffer.from(chunk);
  for (; found !== -1; found = blanked.indexOf(needle, found)) blanked.fill('*', found, found + needle.length);
  return blanked;
}

/** How many bytes at the end of a chunk are the beginning of the needle. */
function beginningAtEnd(chunk: Buffer, needle: Buffer): number {
  for (let length = Math.min(chunk.length, needle.length - 1); length > 0; length -= 1) {
    if (chunk.subarray(chunk.length - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}
