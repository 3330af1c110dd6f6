import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { MarkedToken, Token } from 'marked';
import { askHost, openFileEvent, type OpenFileDetail } from './chatContext.ts';
import { decodeEntities } from './entities.ts';
import { linkTarget } from './linkTarget.ts';
import { safeText } from './safeText.ts';

type Drawn = TemplateResult | ReturnType<typeof safeText>;

const maxInlineTokens = 2_000;
/** The one mark of HTML that is drawn: models write it in the cells of tables. */
const lineBreak = /^<br\s*\/?>$/i;

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
    case 'html':
      return lineBreak.test(token.raw) ? html`<br />` : safeText(token.raw);
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

function drawLink(written: string, content: readonly Drawn[], raw: string): Drawn {
  const target = linkTarget(decodeEntities(written));
  switch (target.kind) {
    case 'fragment':
      return html`${content}`;
    case 'refused':
      return html`${safeText(raw)} <span class="meta">(not a link: ${target.why})</span>`;
    case 'web':
      return anchor(target.href, target.href, content, (link) => askHost(link, 'openLink', { href: target.href }));
    case 'file': {
      const { kind: _kind, ...detail } = target;
      return anchor('#', target.path, content, (link) => link.dispatchEvent(new CustomEvent<OpenFileDetail>(openFileEvent, { detail, bubbles: true })));
    }
  }
}

/** A link that asks the host instead of leading the page away. */
function anchor(href: string, title: string, content: readonly Drawn[], open: (link: EventTarget) => void): TemplateResult {
  const onClick = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
    if (event.currentTarget !== null) open(event.currentTarget);
  };
  return html`<a href=${href} title=${title} rel="noreferrer noopener" @click=${onClick}>${content}</a>`;
}
