import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { button } from '../shared/button.ts';
import { StepElement } from '../shared/stepElement.ts';
import { askHost } from './chatContext.ts';
import { MarkdownBlocks, maxMarkdownChars } from './markdownBlocks.ts';
import { markdownTemplate } from './markdownTemplate.ts';
import { wholeSentences } from './wholeSentences.ts';
import { bytesWords, countWords } from './words.ts';

const blocksPerPage = 400;

/** A piece of the answer: markdown that grows without flicker, because blocks that stand are never drawn again. */
export class TextStep extends StepElement {
  static override properties = { key: {}, text: {}, isLive: {}, pages: { state: true } };
  /** Its `stepKey`. */
  declare key: string;
  declare text: string;
  /** It still grows: a caret stands at its end. */
  declare isLive: boolean;
  declare pages: number;
  readonly #blocks = new MarkdownBlocks();

  constructor() {
    super();
    this.key = '';
    this.text = '';
    this.isLive = false;
    this.pages = 1;
  }

  protected override rawText(): string {
    return this.text;
  }

  protected override render(): TemplateResult {
    const spoken = this.isLive && document.body.classList.contains('vscode-using-screen-reader') ? wholeSentences(this.text) : this.text;
    const blocks = this.#blocks.parse(spoken, this.isLive);
    const shown = blocks.length > this.pages * blocksPerPage ? blocks.slice(0, this.pages * blocksPerPage) : blocks;
    return html`<div class="prose" data-stop data-anchor=${this.key} role="group" aria-label="Answer">
      ${markdownTemplate(shown, this.isLive && shown === blocks)} ${shown === blocks ? this.#cutNotice() : this.#more(blocks.length - shown.length)}
    </div>`;
  }

  #more(count: number): TemplateResult {
    return html`<div>${button({ label: `Show ${countWords(Math.min(count, blocksPerPage))} more paragraphs`, kind: 'link', run: () => (this.pages += 1) })}</div>`;
  }

  #cutNotice(): TemplateResult | typeof nothing {
    if (this.text.length <= maxMarkdownChars) return nothing;
    return html`<div class="mark meta">
      <span class="grow">This text goes on for ${bytesWords(this.text.length - maxMarkdownChars)}.</span>
      ${button({ label: 'Open Text', kind: 'second', run: () => askHost(this, 'openText', { title: 'Answer', text: this.text }) })}
    </div>`;
  }
}

customElements.define('logos-text', TextStep);
