/**
 * What Latin text hardly ever has: characters of windows-1252 that are rare or undefined, two high bytes side by side that are neither a doubled
 * letter, nor as in Größe and função, nor a letter beside a quote or a dash, a sign within a word, a sign directly before a letter or a backslash.
 */
const odd = [
  /[\u0081-\u0083\u0086-\u008b\u008d-\u0090\u0098\u009a\u009b\u009d-\u009f]/g,
  /(?=[\u0080-\u00ff]{2})(?!([\u00c0-\u00ff])\1)(?![\u00e4\u00f6\u00fc]\u00df|\u00e7[\u00e3\u00f5])(?![\u00c0-\u00ff][\u0084\u0085\u0091-\u0097\u0099\u00a0\u00ab\u00bb])(?![\u0084\u0085\u0091-\u0097\u00a0\u00a1\u00ab\u00bb\u00bf][\u00c0-\u00ff\u00a0])(?![\u00a0][\u0080-\u00bf])./g,
  /[A-Za-z\u00c0-\u00ff][\u00a1-\u00a9\u00ac\u00ae\u00af\u00b1-\u00b6\u00b8\u00b9\u00bc-\u00bf](?=[A-Za-z\u00c0-\u00ff])/g,
  /[\u00a2-\u00a6\u00a8\u00ac\u00ae\u00af\u00b1-\u00b4\u00b6\u00b8\u00b9\u00bc-\u00be](?=[@-~])/g,
];
/** One odd place among so many high bytes is let pass. */
const highPerOdd = 20;

/** A run of high bytes with the byte behind it, which may be the second half of the last one's character. */
const highRuns = /[\u0080-\u00ff]+[0-~]?/g;

/** Whether bytes that are no UTF-8, one character each, are hardly Latin text. */
export function looksForeign(raw: string): boolean {
  const high = raw.length - raw.replace(/[\u0080-\u00ff]+/g, '').length;
  return odd.some((pattern) => (raw.match(pattern)?.length ?? 0) * highPerOdd > high);
}

/** The first run of high bytes of a new text that does not stand in the old one; undefined when there is none. */
export function strangeRun(fresh: string, old: string): string | undefined {
  const known = new Set(old.match(highRuns));
  return fresh.match(highRuns)?.find((run) => !known.has(run));
}

/** Whether a place may begin or end in the middle of a character that has two bytes or more. */
export function maySplit(raw: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  return isSplit(raw, start) || isSplit(raw, end);
}

const isSplit = (raw: string, at: number): boolean => at > 0 && raw.charCodeAt(at - 1) >= 0x80 && raw.charCodeAt(at) >= 0x30;
