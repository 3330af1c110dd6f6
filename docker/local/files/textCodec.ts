import { isUtf8 } from 'node:buffer';
import { looksForeign } from './foreignText.ts';

/**
 * How the bytes of a text file are read. The raw form is a string that stands for the bytes one to one, in which line ends are `\n` and
 * `\r\n` whatever the encoding; so what is replaced in it leaves every other byte as it was.
 */
export interface Codec {
  /** For people, such as `UTF-8` or `windows-1252`. */
  readonly name: string;
  /** The encoding was guessed from the bytes, or not all of them can be read by it. */
  readonly isDoubtful: boolean;
  /** It is read as Latin text, but may be of Shift-JIS, GBK, KOI8-R or the like, in which the same bytes are other characters. */
  readonly isForeign: boolean;
  /** Whether text is read back from its bytes as it was. */
  readonly isLossless: boolean;
  /** The mark at the file's beginning in raw form; empty when there is none. */
  readonly mark: string;
  /** How many bytes the shortest character has. */
  readonly unitBytes: 1 | 2;
  toRaw(bytes: Buffer): string;
  toBytes(raw: string): Buffer;
  /** The text for which a raw string stands. */
  textOf(raw: string): string;
  /** The raw form of a text; undefined when the encoding has no bytes for one of its characters. */
  rawOf(text: string): string | undefined;
}

/** A file whose bytes are no text, and how that was seen. */
export interface BinaryContent {
  readonly binary: string;
}

/** Judges all the bytes of a file, or with `isSample` its beginning, which may end within a character. */
export function judgeBytes(bytes: Buffer, isSample = false): Codec | BinaryContent {
  const kind = magicOf(bytes);
  if (kind !== undefined) return { binary: kind };
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) return judgeWide(bytes, bytes[0] === 0xff, true);
  if (bytes.includes(0)) return judgeUnmarkedWide(bytes, isSample) ?? { binary: 'it holds zero bytes' };
  const mark = startsWith(bytes, 0xef, 0xbb, 0xbf) ? '\u00ef\u00bb\u00bf' : '';
  if (isUtf8(isSample ? wholeCharacters(bytes) : bytes)) return utf8(mark, 0);
  const judged = judgeEightBit(bytes, mark);
  return isBinary(judged) || judged.name === 'UTF-8' ? judged : { ...judged, isForeign: looksForeign(bytes.toString('latin1')) };
}

/** Whether the judgement is that the bytes are no text. */
export function isBinary(judged: Codec | BinaryContent): judged is BinaryContent {
  return 'binary' in judged;
}

/** Why a text cannot be written in an encoding, as the end of a sentence; undefined when it can. */
export function whyNotHeld(text: string, codec: Codec): string | undefined {
  if (codec.rawOf(text) === undefined) {
    const odd = [...text].find((character) => codec.rawOf(character) === undefined) ?? '';
    const point = `U+${(odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    return odd.isWellFormed() ? `${odd} (${point}), which the file's encoding, ${codec.name}${codec.isDoubtful && codec.isLossless ? ' (guessed from its bytes)' : ''}, does not have` : `half a character (${point}), which no file can hold`;
  }
  // Where it stands for bytes that cannot be read, writing it would put other bytes in their place.
  return !codec.isLossless && text.includes('\uFFFD') ? 'U+FFFD, which stands for bytes of this file that are not UTF-8' : undefined;
}

/** The codec of a file that is made anew. */
export const plainUtf8: Codec = utf8('', 0);

const startsWith = (bytes: Buffer, ...start: number[]): boolean => start.every((byte, index) => bytes[index] === byte);

/** Kinds of file that may look like text, and break when they are edited as one. */
function magicOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 1_024).includes('%PDF-')) return 'it is a PDF';
  if (startsWith(bytes, 0x1f, 0x8b)) return 'it is compressed by gzip';
  return startsWith(bytes, 0x50, 0x4b, 3, 4) ? 'it is a ZIP archive' : undefined;
}

/** Without the beginning of a character at the end of a sample. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let cut = 1; cut <= 3 && cut <= bytes.length; cut += 1) {
    const lead = bytes[bytes.length - cut] ?? 0;
    if (lead < 0x80) return bytes;
    if (lead >= 0xc0) return bytes.subarray(0, bytes.length - cut);
  }
  return bytes;
}

/** Patterns and not loops over the bytes: a worker compiles its patterns alone. */
function judgeEightBit(bytes: Buffer, mark: string): Codec | BinaryContent {
  const raw = bytes.toString('latin1');
  if (countUnits(raw, controls) * 200 > raw.length) return { binary: 'it holds control characters and bytes that are not UTF-8' };
  const broken = countBroken(bytes);
  if (mark !== '' || broken * 2 < countUnits(raw, /[\u0080-\u00ff]+/g) - broken) return utf8(mark, broken);
  if (/[\u0081\u008d\u008f\u0090\u009d]/.test(raw)) return windows1252('an unknown 8-bit encoding, read as windows-1252');
  return /[\u0080-\u009f]/.test(raw) ? windows1252('windows-1252') : latin1;
}

/** All but backspace, tab, line and form feeds, carriage return, escape and the end of file of old systems. */
// oxlint-disable-next-line no-control-regex -- They are what it looks for.
const controls = /[\u0001-\u0007\u000e-\u0019\u001c-\u001f]+/g;
const countUnits = (text: string, pattern: RegExp): number => text.length - text.replace(pattern, '').length;

/** How many bytes are in no valid character of UTF-8. */
function countBroken(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let broken = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) broken += 1;
  return broken;
}

function utf8(mark: string, broken: number): Codec {
  return {
    name: 'UTF-8',
    isDoubtful: broken > 0,
    isForeign: false,
    isLossless: broken === 0,
    mark,
    unitBytes: 1,
    toRaw: (bytes) => bytes.toString('latin1'),
    toBytes: (raw) => Buffer.from(raw, 'latin1'),
    textOf: (raw) => Buffer.from(raw, 'latin1').toString('utf8'),
    rawOf: (text) => (text.isWellFormed() ? Buffer.from(text, 'utf8').toString('latin1') : undefined),
  };
}

/** What windows-1252 has at 0x80 to 0x9f; the five bytes that it leaves undefined stand for themselves. */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const eightBit = {
  isDoubtful: true,
  isForeign: false,
  isLossless: true,
  mark: '',
  unitBytes: 1 as const,
  toRaw: (bytes: Buffer): string => bytes.toString('latin1'),
  toBytes: (raw: string): Buffer => Buffer.from(raw, 'latin1'),
};

const latin1: Codec = {
  ...eightBit,
  name: 'ISO-8859-1 (Latin-1)',
  textOf: (raw) => raw,
  rawOf: (text) => (/^[\0-\u007f\u00a0-\u00ff]*$/.test(text) ? text : undefined),
};

function windows1252(name: string): Codec {
  return {
    ...eightBit,
    name,
    textOf: (raw) => raw.replace(/[\u0080-\u009f]/g, (unit) => upperControls[unit.charCodeAt(0) - 0x80] ?? unit),
    rawOf: (text) => {
      const raw = text.replace(/[^\0-\u007f\u00a0-\u00ff]/g, (unit) => {
        const at = upperControls.indexOf(unit);
        return at === -1 ? '\uFFFF' : String.fromCharCode(0x80 + at);
      });
      return raw.includes('\uFFFF') ? undefined : raw;
    },
  };
}

function judgeWide(bytes: Buffer, isLittle: boolean, hasMark: boolean): Codec | BinaryContent {
  const codec = utf16(isLittle, hasMark);
  const isWhole = bytes.length % 2 === 0 && codec.toRaw(bytes).isWellFormed() && !codec.toRaw(bytes).includes('\0');
  return isWhole ? codec : { binary: 'it begins like UTF-16 and is none' };
}

/** UTF-16 without a mark has a zero in nearly every second byte, when it is mostly ASCII. */
function judgeUnmarkedWide(bytes: Buffer, isSample: boolean): Codec | undefined {
  if (bytes.length < 4 || (bytes.length % 2 !== 0 && !isSample)) return undefined;
  const zeros = [0, 0];
  for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, at + 1)) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (Math.min(even, odd) > 0 || Math.max(even, odd) * 2 < bytes.length * 0.7) return undefined;
  const judged = judgeWide(bytes.subarray(0, bytes.length - (bytes.length % 2)), odd > 0, false);
  return isBinary(judged) ? undefined : judged;
}

function utf16(isLittle: boolean, hasMark: boolean): Codec {
  const turned = (bytes: Buffer): Buffer => (isLittle ? bytes : Buffer.from(bytes).swap16());
  return {
    name: `UTF-16 ${isLittle ? 'LE' : 'BE'}`,
    isDoubtful: !hasMark,
    isForeign: false,
    isLossless: true,
    mark: hasMark ? '\uFEFF' : '',
    unitBytes: 2,
    toRaw: (bytes) => turned(bytes).toString('utf16le'),
    toBytes: (raw) => turned(Buffer.from(raw, 'utf16le')),
    textOf: (raw) => raw,
    rawOf: (text) => (text.isWellFormed() ? text : undefined),
  };
}
