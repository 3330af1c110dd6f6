const fenceLine = /^[ \t]*(`{3,}|~{3,})(.*)$/gm;

/**
 * Whether a place in a Markdown text is quoted: inside a code block, indented code or inline code, in a quotation, or right behind a
 * quotation mark. `block`: the fence of the code block that the text begins inside of, or nothing.
 */
export function isQuoted(text: string, at: number, block = ''): boolean {
  if (/["'\u201c\u00ab]/.test(text[at - 1] ?? '')) return true;
  const before = text.slice(0, at);
  if (blockBehind(before, block) !== '') return true;
  const start = before.lastIndexOf('\n') + 1;
  const line = before.slice(start);
  if (/^ {0,3}>/.test(line)) return true;
  // White space in front of all text is no indentation.
  if (/^(?: {4}| {0,3}\t)/.test(line) && before.slice(0, start).trim() !== '') return true;
  return !/^[ \t]*```/.test(line) && isInInlineCode(line);
}

/** The fence of the code block that is open behind a text; nothing where none is. A block ends at a fence of its own kind that is not shorter. */
export function blockBehind(text: string, block: string): string {
  let open = block;
  for (const [, fence = '', info = ''] of text.matchAll(fenceLine)) {
    if (open === '') open = fence.startsWith('`') && info.includes('`') ? '' : fence;
    else if (fence.startsWith(open) && info.trim() === '') open = '';
  }
  return open;
}

/** Inline code ends at as many backticks as it began with. */
function isInInlineCode(line: string): boolean {
  let open = 0;
  for (const [{ length }] of line.matchAll(/`+/g)) {
    if (open === 0) open = length;
    else if (open === length) open = 0;
  }
  return open > 0;
}
