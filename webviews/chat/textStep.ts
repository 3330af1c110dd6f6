import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { button } from '../shared/button.ts';
import { StepElement } from '../shared/stepElement.ts';
import { askHost } from './chatContext.ts';
import { MarkdownBlocks, maxMarkdownChars } from './markdownBlocks.ts';
import { markdownTemplate } from './markdownTemplate.ts';
import { wholeSentences } from './wholeSentences.ts';
import { bytesWords, countWords } from './words.ts';

const blocksPerPage = 400;
/** How many pages of a long text a person opened, by `stepKey`: it is as long when it comes back into view. */
const openedPages = new Map<string, number>();

/** A piece of the answer: markdown that grows without flicker, because blocks that stand are never drawn again. */
export class TextStep extends StepElement {
  static override properties = { key: {}, text: {}, isLive: {}, pages: { state: true } };
  /** Its `stepKey`. */
  declare key: string;
  declare text: string;
  /** It still grows: a caret stands at its end. */
  declare isLive: boolean;
  /** How many pages are drawn, for a text of which more were opened than one. */
  declare pages: number;
  readonly #blocks = new MarkdownBlocks();

  constructor() {
    super();
    this.key = '';
    this.text = '';
    this.isLive = false;
    this.pages = 1;
  }

  /** Draws as many pages as it takes for a block to be there. */
  async reveal(block: number): Promise<void> {
    await this.updateComplete;
    while (this.querySelector('.more-blocks') !== null && (this.querySelector('.prose')?.children.length ?? 0) <= block + 1) {
      this.#open(this.pages + 1);
      await this.updateComplete;
    }
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('key')) this.pages = openedPages.get(this.key) ?? 1;
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
    return html`<div class="more-blocks">${button({ label: `Show ${countWords(Math.min(count, blocksPerPage))} more paragraphs`, kind: 'link', run: () => this.#open(this.pages + 1) })}</div>`;
  }

  #open(pages: number): void {
    this.pages = pages;
    if (pages > 1) openedPages.set(this.key, pages);
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
