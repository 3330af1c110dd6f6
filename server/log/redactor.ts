const redacted = '[redacted]';

/** Values that are secrets by their shape alone: credentials of a header, keys of known providers, signed tokens, passwords in addresses. */
const shapes: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${redacted}`],
  [/\b(?:sk|pk|rk)[-_][\w-]{8,}/g, redacted],
  [/\b(?:gh[opsur]_|github_pat_|glpat-|hf_|xox[abeoprs]-|AIza|AKIA)[\w-]{8,}/g, redacted],
  [/\beyJ[\w-]{8,4000}\.[\w-]{4,4000}\.[\w-]*/g, redacted],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]+@/gi, `$1${redacted}@`],
  [
    /((?:authorization|cookie|password|passwd|secret|api[-_ ]?key|access[-_ ]?token|auth[-_ ]?token|\btoken|\bkey)["']?\s*[:=]\s*["']?)(?!\[redacted\]|(?:Bearer|Basic)\s)[^\s"'&,;}]{4,}/gi,
    `$1${redacted}`,
  ],
];

/** Words that make what stands under a key a secret; `inputTokens` is a count, `accessToken` is one. */
const secretWords: ReadonlySet<string> = new Set([
  'key',
  'keys',
  'apikey',
  'token',
  'secret',
  'secrets',
  'authorization',
  'password',
  'passwd',
  'passphrase',
  'cookie',
  'cookies',
  'credential',
  'credentials',
]);

/** Shorter values are not registered: they would blot out ordinary words. */
const minSecretCharacters = 6;

/** Takes secrets out of what is about to be written: by the name of a key, by the shape of a value, and by the values it was told of. */
export class Redactor {
  #secrets: string[] = [];

  /** Registers a value that must never be written, wherever it appears. */
  addSecret(value: string): void {
    if (value.length < minSecretCharacters || this.#secrets.includes(value)) return;
    // The longest first, so that a secret inside another leaves no remainder.
    this.#secrets = [...this.#secrets, value].sort((a, b) => b.length - a.length);
  }

  /** The text without secrets. */
  redactText(text: string): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, redacted);
    for (const [shape, replacement] of shapes) clean = clean.replace(shape, replacement);
    return clean;
  }

  /** What may be written under a key: a flag says nothing secret, anything else under a secret name does. */
  redactValue(key: string, value: unknown): unknown {
    const isSecret =
      wordsOf(key).some((word) => secretWords.has(word)) &&
      typeof value !== 'boolean' &&
      value !== null &&
      value !== undefined;
    return isSecret ? redacted : value;
  }
}

function wordsOf(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}
