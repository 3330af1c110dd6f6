/** How many lines a change adds and removes, such as `+4 -2`: what lies between the lines that both texts begin and end with. */
export function describeLineChange(before: string, after: string): string {
  const old = splitLines(before);
  const fresh = splitLines(after);
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  return `+${fresh.length - start - end} -${old.length - start - end}`;
}

/** The lines of a text; a newline at the end does not begin another. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
