import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { MarkedToken, Token, Tokens } from 'marked';
import './codeBlock.ts';
import './tableBlock.ts';
import { directionOf } from './direction.ts';
import { inlineTemplate } from './inlineTemplate.ts';
import type { MarkdownBlock } from './markdownBlocks.ts';
import { safeText } from './safeText.ts';
import { withoutEnd } from './withoutEnd.ts';

const caret = html`<span class="caret"></span>`;
const maxItems = 1_000;

/** Draws blocks of markdown; a block that is the same object as before is not drawn again. `hasCaret` puts the caret after the last glyph. */
export function markdownTemplate(blocks: readonly MarkdownBlock[], hasCaret: boolean): TemplateResult {
  const last = blocks.findLastIndex((block) => isVisible(block.token));
  return html`${blocks.map((block, index) => guard([block, hasCaret && index === last], () => blockTemplate(block.token, hasCaret && index === last, block.goesOn)))}${hasCaret && last === -1 ? html`<p>${caret}</p>` : nothing}`;
}

function isVisible(token: Token): boolean {
  return token.type !== 'space' && token.type !== 'def';
}

function blockTemplate(generic: Token, hasCaret: boolean, goesOn = false): TemplateResult | typeof nothing {
  const token = generic as MarkedToken;
  const end = hasCaret ? caret : nothing;
  switch (token.type) {
    case 'space':
    case 'def':
      return nothing;
    case 'heading':
      return headingTemplate(token, end);
    case 'paragraph':
      return html`<p dir="auto" class=${goesOn ? 'goes-on' : nothing}>${inlineTemplate(token.tokens)}${end}</p>`;
    case 'text':
      return html`<p dir="auto">${'tokens' in token && token.tokens !== undefined ? inlineTemplate(token.tokens) : safeText(token.text)}${end}</p>`;
    case 'code':
      return html`<logos-code .text=${token.text} .language=${languageOf(token.lang)} .isCaretHere=${hasCaret}></logos-code>`;
    case 'table':
      return html`<logos-table .token=${token}></logos-table>${hasCaret ? html`<p>${caret}</p>` : nothing}`;
    case 'blockquote':
      return html`<blockquote dir=${directionOf(token.text)}>${nested(token.tokens, hasCaret)}</blockquote>`;
    case 'list':
      return listTemplate(token, hasCaret);
    case 'hr':
      return html`<hr />${hasCaret ? html`<p>${caret}</p>` : nothing}`;
    case 'html':
      return /^(?:\s*<br\s*\/?>)+\s*$/i.test(token.raw) ? html`<p>${end}</p>` : plainTemplate(token.raw, end, goesOn);
    default:
      return plainTemplate(token.raw, end, goesOn);
  }
}

function plainTemplate(raw: string, end: TemplateResult | typeof nothing, goesOn: boolean): TemplateResult {
  return html`<p dir="auto" class="asis${goesOn ? ' goes-on' : ''}">${safeText(withoutEnd(raw, '\n'))}${end}</p>`;
}

/** Three sizes: a title, its parts, and what is below them. */
function headingTemplate(token: Tokens.Heading, end: TemplateResult | typeof nothing): TemplateResult {
  const content = html`${inlineTemplate(token.tokens)}${end}`;
  if (token.depth === 1) return html`<h2 dir="auto">${content}</h2>`;
  return token.depth === 2 ? html`<h3 dir="auto">${content}</h3>` : html`<h4 dir="auto">${content}</h4>`;
}

function nested(tokens: readonly Token[], hasCaret: boolean): readonly (TemplateResult | typeof nothing)[] {
  const last = tokens.findLastIndex(isVisible);
  return tokens.map((token, index) => blockTemplate(token, hasCaret && index === last));
}

function listTemplate(list: Tokens.List, hasCaret: boolean): TemplateResult {
  const items = list.items.slice(0, maxItems);
  const drawn = items.map((item, index) => html`<li dir=${directionOf(item.text)} class=${item.task ? 'task' : ''}>${itemContent(item, list.loose, hasCaret && index === items.length - 1)}</li>`);
  const cut = list.items.length > maxItems ? html`<p class="asis">${list.items.slice(maxItems).map((item) => item.raw)}</p>` : nothing;
  if (!list.ordered) return html`<ul dir=${directionOf(list.raw)}>${drawn}</ul>${cut}`;
  return html`<ol dir=${directionOf(list.raw)} start=${list.start === '' ? 1 : list.start}>${drawn}</ol>${cut}`;
}

/** The items of a tight list hold bare text: a paragraph of its own would stand apart from its mark. */
function itemContent(item: Tokens.ListItem, isLoose: boolean, hasCaret: boolean): readonly unknown[] {
  if (item.tokens.length === 0) return hasCaret ? [caret] : [];
  const last = item.tokens.findLastIndex(isVisible);
  return item.tokens.map((token, index) => {
    const isEnd = hasCaret && index === last;
    if (token.type === 'checkbox') return inlineTemplate([token]);
    if (token.type === 'text' && !isLoose) return html`${inlineTemplate('tokens' in token && token.tokens !== undefined ? token.tokens : [token])}${isEnd ? caret : nothing}`;
    return blockTemplate(token, isEnd);
  });
}

function languageOf(info: string | undefined): string {
  return (info ?? '').trim().split(/\s+/)[0]?.slice(0, 24) ?? '';
}
