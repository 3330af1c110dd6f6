import { Lexer } from 'marked';
import type { Token, TokensList } from 'marked';
import { cutAnywhere, cutParagraph, maxParagraphChars } from './longParagraph.ts';

/** One block of a text: a paragraph, a list, a fence. A block that did not change is the same object from one text to the next. */
export interface MarkdownBlock {
  /** Place among the blocks of the text, from 0; stable while the text grows. */
  readonly index: number;
  readonly raw: string;
  readonly token: Token;
  /** It goes on where the block before was cut for its length. */
  readonly goesOn: boolean;
}

/** Text beyond this many characters is not parsed, only offered to be opened. */
export const maxMarkdownChars = 262_144;
/** A block beyond this is shown as plain text: inline parsing of one long run of brackets and stars takes time in its square. */
const maxBlockChars = 16_384;
const maxDepth = 16;

/** A lexer that takes what is nested too deep as plain text, so that hostile nesting costs no more than its length. */
class BoundedLexer extends Lexer {
  #depth = 0;

  override blockTokens(source: string, tokens?: Token[], lastParagraphClipped?: boolean): TokensList;
  override blockTokens(source: string, tokens: Token[] = [], lastParagraphClipped = false): Token[] {
    if (this.#depth >= maxDepth) return append(tokens, source);
    this.#depth += 1;
    try {
      return super.blockTokens(source, tokens, lastParagraphClipped);
    } finally {
      this.#depth -= 1;
    }
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (this.#depth >= maxDepth || source.length > maxBlockChars) return append(tokens, source);
    this.#depth += 1;
    try {
      return super.inlineTokens(source, tokens);
    } finally {
      this.#depth -= 1;
    }
  }
}

function append(tokens: Token[], source: string): Token[] {
  tokens.push({ type: 'text', raw: source, text: source, escaped: false });
  return tokens;
}

type Piece = Pick<MarkdownBlock, 'raw' | 'token' | 'goesOn'>;

/** Pieces of a text, and whether parsing may go on in their middle. */
interface Pieces {
  readonly pieces: readonly Piece[];
  readonly canGoOn: boolean;
}

/** Text as it was written, in pieces that a browser lays out in a moment. */
function plainPieces(source: string): Pieces {
  const raws = cutAnywhere(source);
  return { pieces: raws.map((raw, index) => ({ raw, token: { type: 'plain', raw, text: raw }, goesOn: index > 0 })), canGoOn: raws.length < 2 };
}

function piecesOf(token: Token, lexer: BoundedLexer): Pieces {
  const { raw } = token;
  const whole: Pieces = { pieces: [{ raw, token, goesOn: false }], canGoOn: true };
  if (token.type === 'code' || raw.length <= maxParagraphChars) return whole;
  const cut = token.type === 'paragraph' ? cutParagraph(raw) : undefined;
  if (cut !== undefined) return { pieces: cut.map((text, index) => ({ raw: text, token: paragraphOf(text, lexer), goesOn: index > 0 })), canGoOn: true };
  return raw.length > maxBlockChars ? plainPieces(raw) : whole;
}

function paragraphOf(raw: string, lexer: BoundedLexer): Token {
  const text = raw.trimEnd();
  return { type: 'paragraph', raw, text, tokens: lexer.inlineTokens(text) };
}

/**
 * Parses a text that grows at its end: blocks that stand are kept as they are, and only the last ones are parsed again.
 * Text that is not a continuation of the text before is parsed anew, and blocks that are alike still keep their identity.
 */
export class MarkdownBlocks {
  #text = '';
  #blocks: readonly MarkdownBlock[] = [];
  #links: TokensList['links'] = {};
  /** The pieces add up to the text, so that parsing may go on in its middle. */
  #isExact = true;

  /** Gives the blocks of a text; `isLive` holds back a last line that is only the beginning of a mark. */
  parse(text: string, isLive: boolean): readonly MarkdownBlock[] {
    const whole = (text.length > maxMarkdownChars ? text.slice(0, maxMarkdownChars) : text).replace(/\r\n?/g, '\n');
    const shown = isLive ? withoutHalfMark(whole) : whole;
    if (shown === this.#text) return this.#blocks;
    const standing = this.#isExact && shown.startsWith(this.#text) ? this.#standing() : [];
    if (standing.length === 0) this.#links = {};
    const from = standing.reduce((sum, block) => sum + block.raw.length, 0);
    const source = shown.slice(from);
    const { pieces, canGoOn } = this.#lex(source);
    this.#isExact = canGoOn && pieces.reduce((sum, { raw }) => sum + raw.length, 0) === source.length;
    this.#text = shown;
    this.#blocks = [...standing, ...pieces.map((piece, offset) => this.#reuse({ index: standing.length + offset, ...piece }))];
    return this.#blocks;
  }

  /** Blocks that later text cannot change: all but the last two and the space about them. */
  #standing(): readonly MarkdownBlock[] {
    let open = 2;
    let end = this.#blocks.length;
    while (end > 0 && open > 0) {
      end -= 1;
      if (this.#blocks[end]?.token.type !== 'space') open -= 1;
    }
    return this.#blocks.slice(0, end);
  }

  #reuse(block: MarkdownBlock): MarkdownBlock {
    const known = this.#blocks[block.index];
    return known?.raw === block.raw && known.token.type === block.token.type ? known : block;
  }

  #lex(source: string): Pieces {
    try {
      const lexer = new BoundedLexer({ gfm: true });
      lexer.tokens.links = this.#links;
      const tokens = lexer.lex(source);
      this.#links = lexer.tokens.links;
      const all = tokens.map((token) => piecesOf(token, lexer));
      return { pieces: all.flatMap(({ pieces }) => pieces), canGoOn: all.every(({ canGoOn }) => canGoOn) };
    } catch {
      return plainPieces(source);
    }
  }
}

const halfMark = /(^|\n)[ \t]*(?:[-=*+#>|~`_]+|\d{1,9}[.)]?)[ \t]*$/;

/** Cuts a last line that is so far only marks: `-` may become a list, a rule or the underline of a heading, and must not flash as one. */
export function withoutHalfMark(text: string): string {
  const tail = text.slice(-80);
  const match = halfMark.exec(tail);
  return match === null ? text : text.slice(0, text.length - tail.length + match.index + (match[1]?.length ?? 0));
}
