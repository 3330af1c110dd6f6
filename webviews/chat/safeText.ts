import { html } from 'lit';
import type { TemplateResult } from 'lit';

const bidiControls = /([\u202a-\u202e\u2066-\u2069])/;

/** Text in which characters that turn the direction of what follows are drawn as chips, so that nothing reads other than it is. */
export function safeText(text: string): string | readonly (string | TemplateResult)[] {
  if (!bidiControls.test(text)) return text;
  return text.split(bidiControls).map((piece) => (bidiControls.test(piece) && piece.length === 1 ? html`<span class="bidi" dir="ltr">${codePoint(piece)}</span>` : piece));
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
