/** Blanks a key out of what a model server sends, because some servers repeat the key that they refuse. */
export interface KeyBlanker {
  /** The next bytes of a stream; an end that could be the beginning of the key waits for what follows it. */
  bytes(chunk: Buffer): Buffer;
  /** What waited when the stream ended. */
  rest(): Buffer;
  text(text: string): string;
}

const minLength = 6;
/** A shorter piece of Base64 would stand in innocent text by chance. */
const minEncodedLength = 8;

/**
 * Makes a KeyBlanker for the value of an authorization header. It knows the key as it is, in Base64, and both with any of their characters
 * escaped as JSON, addresses and pages do it, once or again. Blanks keep the length, so that framing stays as it is. What a server cuts over
 * several events or writes in a cipher of its own passes: this is against servers that repeat, not against servers that betray.
 */
export function createKeyBlanker(authorization: string | undefined): KeyBlanker {
  const key = authorization?.replace(/^\S+\s+/, '') ?? '';
  if (key.length < minLength) return { bytes: (chunk) => chunk, rest: () => nothing, text: (text) => text };
  const search = searchFor(key);
  let waiting: Buffer = nothing;
  return {
    text: (text) => blankKnown(Buffer.from(text), search, true).bytes.toString(),
    bytes(chunk) {
      const { bytes, keepFrom } = blankKnown(waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]), search, false);
      waiting = bytes.subarray(keepFrom);
      return bytes.subarray(0, keepFrom);
    },
    rest() {
      const last = blankKnown(waiting, search, true).bytes;
      waiting = nothing;
      return last;
    },
  };
}

const nothing: Buffer = Buffer.alloc(0);

/** A text to look for: its characters without escapes, and where to go on after a mismatch (Knuth, Morris and Pratt). */
interface Needle {
  readonly codes: readonly number[];
  readonly fallback: readonly number[];
}

/** What is looked for, and where it may begin: at an escape, or at the first two characters of a needle, of which the second may be one. */
interface Search {
  readonly needles: readonly Needle[];
  readonly beginning: RegExp;
}

let latest: { readonly key: string; readonly search: Search } | undefined;

/** The search of the latest key is kept: nearly all calls go to one server, and making it takes longer than the first bytes of an answer. */
function searchFor(key: string): Search {
  if (latest?.key !== key) latest = { key, search: createSearch([...new Set([key, ...encodedForms(key)])].map(createNeedle)) };
  return latest.search;
}

function createSearch(needles: readonly Needle[]): Search {
  const written = (code = 0): string => `\\u${code.toString(16).padStart(4, '0')}`;
  const pairs = needles.map(({ codes: [first, second] }) => `${written(first)}(?=[\\\\%&${written(second)}]|$)`);
  return { needles, beginning: new RegExp(`[\\\\%&]|${pairs.join('|')}`, 'g') };
}

function createNeedle(text: string): Needle {
  const codes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const unit = readUnit(text, at);
    if (unit.code !== backslash) codes.push(unit.code);
    at = unit.end;
  }
  const fallback = [0];
  for (let at = 1, matched = 0; at < codes.length; at += 1) {
    while (matched > 0 && codes[at] !== codes[matched]) matched = fallback[matched - 1] ?? 0;
    if (codes[at] === codes[matched]) matched += 1;
    fallback.push(matched);
  }
  return { codes, fallback };
}

/** What of the key shows in Base64, whatever stands before and behind it there, in both alphabets. */
function encodedForms(key: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(key)]);
    const isOpenEnded = bytes.length % 3 !== 0;
    const inner = bytes.toString('base64').replace(/=+$/, '').slice(Math.ceil((before * 8) / 6), isOpenEnded ? -1 : undefined);
    return inner.length < minEncodedLength ? [] : [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** One character however it is escaped: `\/`, `\u002f`, `\\u002f`, `%2F`, `%252F`, `&#x2f;`, `&#47;`. */
const escape = /\\{1,16}(?:u([0-9a-f]{4})|([^]))|%(?:25){0,4}([0-9a-f]{2})|&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));/iy;
/** The beginning of one at the end of what has come. */
const cutEscape = /^(?:\\{1,16}(?:u[0-9a-f]{0,3})?|%(?:25){0,4}[0-9a-f]?|&(?:#(?:x[0-9a-f]{0,6}|[0-9]{0,7})?)?)$/i;
const longestEscape = 24;

/** Counts for nothing, in keys and in texts: how many of them stand before a character depends on how often it was escaped. */
const backslash = 0x5c;

const isEscape = (code: number): boolean => code === backslash || code === 0x25 || code === 0x26;

/** The character at a place, and where the next one begins. */
function readUnit(text: string, at: number): { code: number; end: number } {
  const code = text.charCodeAt(at);
  if (!isEscape(code)) return { code, end: at + 1 };
  escape.lastIndex = at;
  const found = escape.exec(text);
  if (found === null) return { code, end: at + 1 };
  const [, json, plain, percent, hexadecimal, decimal] = found;
  const hex = json ?? percent ?? hexadecimal;
  return { code: plain?.charCodeAt(0) ?? (hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)), end: escape.lastIndex };
}

/** Blanks every needle in a copy of the bytes; from `keepFrom` on they may be the beginning of one. `isLast`: nothing follows. */
function blankKnown(given: Buffer, { needles, beginning }: Search, isLast: boolean): { bytes: Buffer; keepFrom: number } {
  const text = given.toString('latin1');
  const matched = needles.map(() => 0);
  let bytes = given;
  /** Where the characters begin that have been read since something was last matched in part. */
  let starts: number[] = [];
  for (let at = 0; at < text.length; ) {
    if (starts.length === 0) {
      beginning.lastIndex = at;
      const found = beginning.exec(text);
      if (found === null) break;
      at = found.index;
    }
    const code = text.charCodeAt(at);
    if (!isLast && isEscape(code) && text.length - at <= longestEscape && cutEscape.test(text.slice(at))) return { bytes, keepFrom: starts[0] ?? at };
    const start = at;
    const unit = readUnit(text, at);
    at = unit.end;
    if (unit.code === backslash) continue;
    starts.push(start);
    needles.forEach((needle, index) => {
      const length = step(needle, matched[index] ?? 0, unit.code);
      const isWhole = length === needle.codes.length;
      matched[index] = isWhole ? 0 : length;
      if (!isWhole) return;
      if (bytes === given) bytes = Buffer.from(given);
      bytes.fill('*', starts[starts.length - length], unit.end);
    });
    const longest = Math.max(...matched);
    starts = longest === 0 ? [] : starts.slice(-longest);
  }
  return { bytes, keepFrom: isLast ? text.length : (starts[0] ?? text.length) };
}

/** How much of a needle is matched once `code` follows what was matched. */
function step({ codes, fallback }: Needle, before: number, code: number): number {
  let matched = before;
  while (matched > 0 && codes[matched] !== code) matched = fallback[matched - 1] ?? 0;
  return codes[matched] === code ? matched + 1 : 0;
}
