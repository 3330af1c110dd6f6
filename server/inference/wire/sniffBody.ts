/** What the body of a 200 answer is. `undecided`: more bytes are needed. */
export type BodyKind = 'sse' | 'json' | 'foreign' | 'undecided';

/** The fields of server-sent events, and one that llama.cpp writes for a failure. */
const fields = ['data', 'event', 'id', 'retry', 'error'];

/** Says what a body is by its first characters, because servers mislabel streams; `contentType` decides only where they do not. */
export function sniffBody(start: string, contentType: string | undefined): BodyKind {
  const text = start.trimStart();
  if (text === '') return 'undecided';
  if (text.startsWith(':')) return 'sse';
  if (text.startsWith('{') || text.startsWith('[')) return 'json';
  const word = /^[a-z]*/.exec(text)?.[0] ?? '';
  if (fields.includes(word) && /^[:\r\n]/.test(text.slice(word.length))) return 'sse';
  if (word.length === text.length && fields.some((field) => field.startsWith(word))) return 'undecided';
  return contentType?.includes('text/event-stream') && !text.startsWith('<') ? 'sse' : 'foreign';
}

/** The first 120 characters of a page's words, without tags and controls, for an error message. */
export function pageWords(page: string): string {
  const text = page
    .slice(0, 20_000)
    .replace(/<(script|style)\b[^]*?(<\/\1>|$)/gi, ' ')
    .replace(/<[^>]*(>|$)/g, ' ');
  return plainWords(text, 120);
}

/** What colours a terminal, moves in it or sets its title; a bracket behind the end of a line is none of it. */
const terminalEscape = /[^\P{Cc}\s](?:\[[0-?]*[ -/]*[@-~]|\][^\p{Cc}]*[^\P{Cc}\s]\\?)/gu;

/** A text on one line without controls, cut where it is longer than `max`. */
export function plainWords(text: string, max: number): string {
  const words = text.slice(0, 20_000).replaceAll(terminalEscape, '').replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return words.length > max ? `${words.slice(0, max - 1).toWellFormed()}…` : words;
}
