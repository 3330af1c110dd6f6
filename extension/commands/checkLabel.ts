/** A sentence when a text cannot be a label of at most `maxCharacters`. */
export function checkLabel(text: string, maxCharacters: number): string | undefined {
  if (text === '') return 'Write at least one character.';
  if (text.length > maxCharacters) return `Write at most ${maxCharacters} characters.`;
  return /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text) ? 'Leave out control characters.' : undefined;
}
