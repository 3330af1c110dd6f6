/** A paragraph up to this many characters is drawn as one. */
export const maxParagraphChars = 4_096;
/** A piece is not cut shorter than this for the sake of a sentence. */
const minPieceChars = 3_072;

/** A sentence's end, the space after it, and a letter: what begins there can be no mark of markdown. */
const sentenceStarts = /[.!?…。！？]["')\]”’]*\s+(?=\p{L})/gu;
const wordStarts = /\s(?=\p{L})/gu;

/**
 * Cuts a paragraph that is too long to be laid out anew with each token that comes: a browser breaks all lines of a paragraph again when its
 * end changes. The pieces add up to the text, and where one is cut depends on the text before the cut alone, so that pieces stand while the
 * text grows. Undefined when some piece could only be cut where the next might read as another kind of block.
 */
export function cutParagraph(text: string): readonly string[] | undefined {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > maxParagraphChars) {
    const window = rest.slice(minPieceChars, maxParagraphChars + 1);
    const at = lastEnd(window, sentenceStarts) ?? lastEnd(window, wordStarts);
    if (at === undefined) return undefined;
    pieces.push(rest.slice(0, minPieceChars + at));
    rest = rest.slice(minPieceChars + at);
  }
  return [...pieces, rest];
}

/** Cuts a text without a care for words, but never a character in two. */
export function cutAnywhere(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const isHalf = /[\ud800-\udbff]/.test(text[from + maxParagraphChars - 1] ?? '');
    const to = from + maxParagraphChars - (isHalf ? 1 : 0);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

function lastEnd(text: string, pattern: RegExp): number | undefined {
  let end: number | undefined;
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length;
  return end;
}
