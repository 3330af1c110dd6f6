const maxTitleCharacters = 60;

/** A session's title from its first message: the first line with something in it, without control and bidirectional characters, at most 60 characters; '' when nothing is left. */
export function titleOf(text: string): string {
  for (const line of text
    .slice(0, 20_000)
    .toWellFormed()
    .split(/[\r\n\u0085\u2028\u2029]+/)) {
    const clean = line
      .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    if (clean.length > 0) return cut(clean);
  }
  return '';
}

function cut(line: string): string {
  const characters = [...line];
  if (characters.length <= maxTitleCharacters) return line;
  return `${characters
    .slice(0, maxTitleCharacters - 1)
    .join('')
    .trimEnd()}…`;
}
