import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { LightElement } from '../shared/lightElement.ts';
import { iconButton } from '../shared/button.ts';
import { copyButton } from './copyButton.ts';
import { highlight } from './highlight.ts';
import { KeptFold } from './keptFold.ts';
import { markScrollBox } from './scrollBox.ts';
import { countWords } from './words.ts';

const foldOverLines = 24;
const foldedLines = 16;

/** A block of code: language, copy, wrap; over 24 lines it shows the first 16 until it is opened. */
export class CodeBlock extends LightElement {
  static override properties = { text: {}, language: {}, isCaretHere: {} };
  declare text: string;
  declare language: string;
  /** The text still grows, and its caret stands here. */
  declare isCaretHere: boolean;
  readonly #fold = new KeptFold(this, 'block');
  readonly #wrap = new KeptFold(this, 'wrap');

  constructor() {
    super();
    this.text = '';
    this.language = '';
    this.isCaretHere = false;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    markScrollBox(this.querySelector('pre'), this.language === '' ? 'Code' : `Code, ${this.language}`);
  }

  protected override render(): TemplateResult {
    const lines = this.text.split('\n');
    const isFolded = lines.length > foldOverLines && !this.#fold.isOpen;
    const shown = isFolded ? lines.slice(0, foldedLines).join('\n') : this.text;
    const pieces = highlight(shown, this.language);
    return html`<div class="codeblock" dir="ltr">
      <div class="head">
        <span class="meta grow cut">${this.language}</span>
        ${iconButton('word-wrap', 'Wrap lines', () => (this.#wrap.isOpen = !this.#wrap.isOpen), this.#wrap.isOpen)}
        ${copyButton('Copy code', () => this.text)}
      </div>
      <pre class=${this.#wrap.isOpen ? 'wrapped' : ''}><code>${pieces.map(({ tone, text }) => (tone === 'plain' ? text : html`<span class="tk-${tone}">${text}</span>`))}${this.isCaretHere && !isFolded ? html`<span class="caret"></span>` : nothing}</code></pre>
      ${isFolded ? html`<button type="button" class="btn link more" @click=${() => (this.#fold.isOpen = true)}>Show all ${countWords(lines.length)} lines</button>` : nothing}
    </div>`;
  }
}

customElements.define('logos-code', CodeBlock);
