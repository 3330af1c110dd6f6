/** Blanks a key out of what goes back to a sandbox, because some servers repeat the key that they refuse. */
export interface KeyBlanker {
  bytes(chunk: Buffer): Buffer;
  text(text: string): string;
}

const minLength = 6;

/** Makes a KeyBlanker for the value of an authorization header; blanks keep the length, so that framing stays as it is. */
export function createKeyBlanker(authorization: string | undefined): KeyBlanker {
  const key = authorization?.replace(/^\S+\s+/, '') ?? '';
  if (key.length < minLength) return { bytes: (chunk) => chunk, text: (text) => text };
  const needle = Buffer.from(key);
  return {
    text: (text) => text.replaceAll(key, '*'.repeat(key.length)),
    bytes(chunk) {
      let found = chunk.indexOf(needle);
      if (found === -1) return chunk;
      const blanked = Buffer.from(chunk);
      for (; found !== -1; found = blanked.indexOf(needle, found)) blanked.fill('*', found, found + needle.length);
      return blanked;
    },
  };
}
