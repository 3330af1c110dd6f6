import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { ToolPart } from '../../server/protocol/messages.ts';
import { button } from '../shared/button.ts';
import { icon } from '../shared/icon.ts';
import { gatewayClock } from '../shared/gatewayClock.ts';
import { SecondsClock } from '../shared/secondsClock.ts';
import { StepElement } from '../shared/stepElement.ts';
import { ansiPieces, withoutAnsi } from './ansi.ts';
import { askHost, tellFold } from './chatContext.ts';
import { copyButton } from './copyButton.ts';
import { safeText } from './safeText.ts';
import { markScrollBox } from './scrollBox.ts';
import './codeBlock.ts';
import { toolInput, type ToolInput } from './toolInput.ts';
import { toolFact, toolName, toolTime, toolWords } from './toolWords.ts';
import { withoutEnd } from './withoutEnd.ts';
import { bytesWords, countWords } from './words.ts';

const tailLines = 6;
const maxLines = 400;
/** Of one very long line its end is shown; the whole can be opened. */
const maxShownChars = 65_536;
const opensAfterMs = 700;
/** Of what a tool was given so much is drawn; the whole can be opened. */
const maxInputChars = 65_536;
/** A fact of at most this many characters is never cut. */
const shortFactChars = 14;

/**
 * A call of a tool: one row, and below it its output. While it runs it opens by itself with a live tail, and shuts at its end;
 * a failed one stays open; what a person did stands above both.
 */
export class ToolRow extends StepElement {
  static override properties = { key: {}, call: {}, fold: {} };
  /** Its `stepKey`. */
  declare key: string;
  declare call: ToolPart | undefined;
  /** What a person chose: open, folded, or nothing yet. */
  declare fold: boolean | undefined;
  #opening: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.key = '';
    this.call = undefined;
    this.fold = undefined;
    new SecondsClock(this, () => this.call?.state === 'running');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#opening);
  }

  protected override rawText(): string {
    return JSON.stringify(this.call, undefined, 2);
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const pre = this.querySelector<HTMLElement>('.out pre');
    if (pre !== null && changed.has('call')) this.#followEnd(pre);
    markScrollBox(pre, 'Output');
    clearTimeout(this.#opening);
    const waitMs = this.call === undefined ? 0 : this.call.startedAt + opensAfterMs - gatewayClock.now();
    if (this.call?.state === 'running' && waitMs > 0) this.#opening = setTimeout(() => this.requestUpdate(), Math.min(waitMs, opensAfterMs));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { call: part } = this;
    if (part === undefined) return nothing;
    const { verb, object, folder } = toolWords(part);
    const fact = toolFact(part);
    const time = toolTime(part, gatewayClock.now());
    const isOpen = this.#isOpen(part);
    const input = toolInput(part);
    const hasBody = part.output !== '' || isErrorInBody(part) || (input !== undefined && part.state !== 'pending');
    const isFactBelow = isOpen && part.error === fact && (isErrorInBody(part) || saysError(part));
    return html`<div class="card" data-anchor=${this.key}>
      <button type="button" class="head" data-stop aria-expanded=${hasBody ? isOpen : nothing} @click=${() => tellFold(this, { key: this.key, isOpen: !isOpen })}>
        <span class="unseen">${toolName(part)}</span>
        <span class="seen" aria-hidden="true">${stateIcon(part)}<span>${verb}</span>${object === '' ? nothing : html`<code class="cut" dir="ltr" title=${part.title.slice(0, 1000)}>${safeText(object)}</code>`}
        ${folder === undefined ? nothing : html`<span class="meta cut dir wide" dir="ltr">${folder}</span>`}
        ${fact === undefined || isFactBelow ? nothing : factTemplate(part, fact)}
        <span class="meta time${part.state === 'running' ? '' : ' wide'}">${time}</span>
        ${hasBody ? icon(isOpen ? 'chevron-down' : 'chevron-right', 'quiet') : html`<i class="codicon"></i>`}</span>
      </button>
      ${isOpen && hasBody ? html`${this.fold === true && input !== undefined ? this.#input(part, input) : nothing}${this.#body(part)}` : nothing}
    </div>`;
  }

  #isOpen(part: ToolPart): boolean {
    if (this.fold !== undefined) return this.fold;
    if (part.state === 'failed' || part.state === 'timed_out') return true;
    return part.state === 'running' && part.output !== '' && gatewayClock.now() - part.startedAt >= opensAfterMs;
  }

  /** What the call was given, for a person who opened the row: by itself a row opens for its output alone. */
  #input(part: ToolPart, { text, language }: ToolInput): TemplateResult {
    const title = `${toolWords(part).verb} ${toolWords(part).object}`.slice(0, 120);
    const all = text.length > maxInputChars ? button({ label: 'Open Whole Text', kind: 'link', run: () => askHost(this, 'openText', { title, text }) }) : nothing;
    return html`<logos-code .text=${text.slice(0, maxInputChars)} .language=${language}></logos-code>${all}`;
  }

  /** A file that was changed answers with one line: what its row and the change above it say. */
  #isSaidAbove({ tool, state, output }: ToolPart): boolean {
    return this.fold === true && state === 'done' && (tool === 'edit_file' || tool === 'write_file') && !output.trim().includes('\n');
  }

  #body(part: ToolPart): TemplateResult | typeof nothing {
    if ((part.output === '' && !isErrorInBody(part)) || this.#isSaidAbove(part)) return nothing;
    const output = withoutEnd(part.output, '\n');
    const lines = output.split('\n');
    const limit = this.fold === true ? maxLines : tailLines;
    const shown = lines.slice(-limit);
    const isCut = shown.length < lines.length;
    const error = isErrorInBody(part) ? html`<p class="meta failed" dir="auto">${part.error}</p>` : nothing;
    return html`<div class="out">
      ${output === '' ? nothing : html`<pre class="output" dir="ltr">${ansiPieces(shown.join('\n').slice(-maxShownChars)).map(({ classes, text }) => (classes === '' ? safeText(text) : html`<span class=${classes}>${safeText(text)}</span>`))}</pre>`}
      ${error}
      ${isCut || part.truncatedBytes !== undefined || this.fold === true ? this.#bar(part, shown.length, lines.length) : nothing}
    </div>`;
  }

  #bar(part: ToolPart, shown: number, all: number): TemplateResult {
    const facts = [
      shown < all ? `Showing the last ${countWords(shown)} of ${countWords(all)} lines` : `${countWords(all)} ${all === 1 ? 'line' : 'lines'}`,
      ...(part.truncatedBytes === undefined || part.truncatedBytes === 0 ? [] : [`${bytesWords(part.truncatedBytes)} left out in the middle (tool limit 64 KB)`]),
    ];
    const plain = () => withoutAnsi(part.output);
    return html`<div class="bar">
      <span class="meta grow">${facts.join(' · ')}</span>
      ${button({ label: 'Open Full Output', kind: 'link', run: () => askHost(this, 'openText', { title: `Output of ${toolWords(part).object || part.tool}`.slice(0, 120), text: plain() }) })}
      ${copyButton('Copy output', plain)}
    </div>`;
  }

  /** The newest line stays in sight unless the reader scrolled up in the box. */
  #followEnd(pre: HTMLElement): void {
    const isHeld = pre.dataset['held'] === 'yes';
    if (!isHeld) pre.scrollTop = pre.scrollHeight;
    pre.onscroll = () => {
      pre.dataset['held'] = pre.scrollHeight - pre.clientHeight - pre.scrollTop > 24 ? 'yes' : 'no';
    };
  }
}

/** The row says a short error whole; a longer one stands below it, unless the output says the same. */
function isErrorInBody(part: ToolPart): boolean {
  return part.error !== undefined && !saysError(part) && (part.error !== toolFact(part) || part.error.length > shortFactChars);
}

/** The output is the error, as the agent was told it. */
function saysError({ output, error = '' }: ToolPart): boolean {
  return [error, `Error: ${error}`].includes(output.trim());
}

function stateIcon(part: ToolPart): TemplateResult {
  switch (part.state) {
    case 'pending':
      return icon('circle-large', 'quiet');
    case 'running':
      return icon('session-in-progress', 'working', true);
    case 'done':
      return icon('check', 'ok');
    case 'stopped':
      return icon('debug-stop', 'quiet');
    case 'denied':
      return icon('shield', 'needs');
    default:
      return icon('error', 'failed');
  }
}

function factTemplate(part: ToolPart, fact: string): TemplateResult {
  const lines = /^\+(\d+) [-−](\d+)$/.exec(fact);
  if (lines !== null) return html`<span class="meta fact"><span class="added">+${lines[1]}</span> <span class="removed">−${lines[2]}</span></span>`;
  const isFailed = part.state === 'failed' || part.state === 'timed_out';
  return html`<span class="meta fact${fact.length > shortFactChars ? ' cut' : ''}${isFailed ? ' failed' : ''}" title=${fact.slice(0, 1000)}>${fact.slice(0, 200)}</span>`;
}

customElements.define('logos-tool', ToolRow);
