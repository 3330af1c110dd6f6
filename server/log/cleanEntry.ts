import type { LogEntry } from '../protocol/logs.ts';
import type { Redactor } from './redactor.ts';

/** Longest line of the log, newline included. */
export const maxLineBytes = 16 * 1024;
/** Longest text and longest string within `data`, in characters, before the line is measured. */
const maxTextCharacters = 8_000;
const maxStringCharacters = 4_000;
const maxDepth = 6;
const maxItems = 100;

/** An entry that may be written and shown: redacted, without control characters, and short enough for one line. */
export function cleanEntry(entry: LogEntry, redactor: Redactor): LogEntry {
  const text = cut(escapeControls(redactor.redactText(entry.text), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu), maxTextCharacters);
  const { data, ...rest } = entry;
  if (data === undefined) return { ...rest, text };
  const clean = { ...rest, text, data: cleanValue(data, redactor, 0) as Record<string, unknown> };
  const bytes = Buffer.byteLength(JSON.stringify(clean));
  return bytes < maxLineBytes ? clean : { ...rest, text, data: { omittedBytes: bytes } };
}

function cleanValue(value: unknown, redactor: Redactor, depth: number): unknown {
  if (typeof value === 'string') return cut(escapeControls(redactor.redactText(value), /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu), maxStringCharacters);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object') return undefined;
  if (depth >= maxDepth) return '[deeper]';
  if (value instanceof Error) return cleanValue({ name: value.name, message: value.message, stack: value.stack, cause: value.cause }, redactor, depth);
  if (Array.isArray(value)) return value.slice(0, maxItems).map((item: unknown) => cleanValue(item, redactor, depth + 1));
  const entries = Object.entries(value).slice(0, maxItems);
  return Object.fromEntries(entries.map(([key, item]) => [redactor.redactText(key), cleanValue(redactor.redactValue(key, item), redactor, depth + 1)]));
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

function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters).toWellFormed()}... (${text.length - maxCharacters} more characters)`;
}
