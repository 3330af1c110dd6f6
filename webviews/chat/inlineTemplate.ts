import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { MarkedToken, Token } from 'marked';
import { askHost } from './chatContext.ts';
import { decodeEntities } from './entities.ts';
import { safeLink } from './safeLink.ts';
import { safeText } from './safeText.ts';

type Drawn = TemplateResult | ReturnType<typeof safeText>;

const maxInlineTokens = 2_000;

/** Draws the inline tokens of markdown; what is no known mark is drawn as the text it was written as, HTML too. */
export function inlineTemplate(tokens: readonly Token[] | undefined): readonly Drawn[] {
  if (tokens === undefined) return [];
  if (tokens.length <= maxInlineTokens) return tokens.map(drawToken);
  const rest = tokens.slice(maxInlineTokens).map((token) => token.raw);
  return [...tokens.slice(0, maxInlineTokens).map(drawToken), safeText(rest.join(''))];
}

function drawToken(generic: Token): Drawn {
  const token = generic as MarkedToken;
  switch (token.type) {
    case 'text':
      return 'tokens' in token && token.tokens !== undefined ? html`${inlineTemplate(token.tokens)}` : safeText(decodeEntities(token.text));
    case 'escape':
      return safeText(token.text);
    case 'strong':
      return html`<strong>${inlineTemplate(token.tokens)}</strong>`;
    case 'em':
      return html`<em>${inlineTemplate(token.tokens)}</em>`;
    case 'del':
      return html`<del>${inlineTemplate(token.tokens)}</del>`;
    case 'codespan':
      return html`<code dir="ltr">${safeText(token.text)}</code>`;
    case 'br':
      return html`<br />`;
    case 'link':
      return drawLink(token.href, inlineTemplate(token.tokens), token.raw);
    case 'image':
      // A picture of somewhere else would tell that place that it was looked at: only its name and a link are shown.
      return drawLink(token.href, [safeText(token.text === '' ? token.href : token.text)], token.raw);
    case 'checkbox':
      return html`<i class="codicon codicon-${token.checked ? 'check' : 'circle-large'}" role="img" aria-label=${token.checked ? 'done' : 'open'}></i> `;
    default:
      return safeText(token.raw);
  }
}

function drawLink(href: string, content: readonly Drawn[], raw: string): Drawn {
  const address = safeLink(href);
  if (address === undefined) return safeText(raw);
  const open = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.currentTarget !== null) askHost(event.currentTarget, 'openLink', { href: address });
  };
  return html`<a href=${address} title=${address} rel="noreferrer noopener" @click=${open}>${content}</a>`;
}
