import { html } from 'lit';
import type { TemplateResult } from 'lit';

const bidiControls = /([\u202a-\u202e\u2066-\u2069])/;
/** Beyond so many pieces the characters are replaced and not drawn: each chip is an element of the page. */
const maxPieces = 400;

/** Text in which characters that turn the direction of what follows are drawn as chips, so that nothing reads other than it is. */
export function safeText(text: string): string | readonly (string | TemplateResult)[] {
  if (!bidiControls.test(text)) return text;
  const pieces = text.split(bidiControls);
  const rest = pieces.splice(maxPieces).join('').replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
  return [...pieces, rest].map((piece) => (bidiControls.test(piece) && piece.length === 1 ? html`<span class="bidi" dir="ltr">${codePoint(piece)}</span>` : piece));
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
