/** A text up to the end of its last whole sentence or line. */
export function wholeSentences(text: string): string {
  const end = Math.max(text.lastIndexOf('\n'), ...['. ', '! ', '? ', ': '].map((mark) => text.lastIndexOf(mark)));
  return end < 0 ? '' : text.slice(0, end + 1);
}
