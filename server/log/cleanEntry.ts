import type { LogEntry } from '../protocol/logs.ts';
import type { Redactor } from './redactor.ts';

/** Longest line of the log, newline included. */
export const maxLineBytes = 16 * 1024;
/** Longest text and longest string within `data`, in characters, before the line is measured. */
const maxTextCharacters = 8_000;
const maxStringCharacters = 4_000;
/** No line that is written holds one of these as it is. */
const allControls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const maxDepth = 6;
const maxItems = 100;
/** How many values one entry may hold in all; the rest is left out. */
const maxValues = 1_000;

/** What is left of an entry's allowance while it is cleaned. */
interface Cleaning {
  readonly redactor: Redactor;
  valuesLeft: number;
}

/** An entry that may be written and shown: redacted, without control characters, and short enough for one line. */
export function cleanEntry(entry: LogEntry, redactor: Redactor): LogEntry {
  const text = cleanText(entry.text, redactor, maxTextCharacters, allControls);
  const { data, ...rest } = entry;
  if (data === undefined) return { ...rest, text };
  const clean = {
    ...rest,
    text,
    data: cleanValue(data, { redactor, valuesLeft: maxValues }, 0) as Record<string, unknown>,
  };
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  return bytes < maxLineBytes ? clean : { ...rest, text, data: { omittedBytes: bytes } };
}

function cleanValue(value: unknown, cleaning: Cleaning, depth: number): unknown {
  if (typeof value === 'string')
    return cleanText(value, cleaning.redactor, maxStringCharacters, /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return undefined;
  if (depth >= maxDepth || cleaning.valuesLeft <= 0) return '[more]';
  if (value instanceof Error)
    return cleanValue(
      { name: value.name, message: value.message, stack: value.stack, cause: value.cause },
      cleaning,
      depth,
    );
  if (Array.isArray(value)) return take(value, cleaning).map((item: unknown) => cleanValue(item, cleaning, depth + 1));
  const entries = take(Object.entries(value), cleaning);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      cleanText(key, cleaning.redactor, 200, allControls),
      cleanValue(cleaning.redactor.redactValue(key, item), cleaning, depth + 1),
    ]),
  );
}

function take<T>(items: readonly T[], cleaning: Cleaning): T[] {
  const taken = items.slice(0, Math.min(maxItems, cleaning.valuesLeft));
  cleaning.valuesLeft -= taken.length;
  return taken;
}

/** Cut before it is redacted, so that its cost is bounded, and at twice the length, so that no secret is cut in two within what is kept. */
function cleanText(text: string, redactor: Redactor, maxCharacters: number, controls: RegExp): string {
  const clean = escapeControls(redactor.redactText(text.slice(0, maxCharacters * 2)), controls);
  return clean.length <= maxCharacters
    ? clean
    : `${clean.slice(0, maxCharacters).toWellFormed()}... (of ${text.length} characters)`;
}

/** Writes out what a terminal would obey: nothing in the log moves a cursor or turns text around. */
function escapeControls(text: string, what: RegExp): string {
  return text.toWellFormed().replace(what, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
