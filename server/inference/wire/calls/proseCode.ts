const fence = /^[ \t]*(?:```|~~~)/gm;

/** Whether a place in a Markdown text is quoted: inside a code block or inline code, or right behind a quotation mark. `isInBlock`: the text begins inside of a block. */
export function isQuoted(text: string, at: number, isInBlock = false): boolean {
  if (/["'\u201c\u00ab]/.test(text[at - 1] ?? '')) return true;
  const before = text.slice(0, at);
  if (isBlockBehind(before, isInBlock)) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return !/^[ \t]*```/.test(line) && (line.match(/`/g)?.length ?? 0) % 2 === 1;
}

/** Whether a code block is open behind a text. */
export function isBlockBehind(text: string, isInBlock: boolean): boolean {
  return ((text.match(fence)?.length ?? 0) % 2 === 1) !== isInBlock;
}
