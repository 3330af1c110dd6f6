import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { button } from '../shared/button.ts';
import { StepElement } from '../shared/stepElement.ts';
import { askFold, askHost, tellFold } from './chatContext.ts';
import { copyButton } from './copyButton.ts';
import { safeText } from './safeText.ts';
import { bytesWords, countWords } from './words.ts';

const foldOverLines = 8;
const maxFoldedChars = 1_200;
const maxShownChars = 65_536;

/** What a person wrote: a box that looks like the place where it was written; over 8 lines it is cut until it is opened. */
export class UserMessage extends StepElement {
  static override properties = { text: {}, anchor: {}, note: { attribute: false }, isOpen: { state: true } };
  declare text: string;
  declare anchor: string;
  /** A line under the text, such as that it has not been sent yet. */
  declare note: TemplateResult | undefined;
  declare isOpen: boolean;

  constructor() {
    super();
    this.text = '';
    this.anchor = '';
    this.note = undefined;
    this.isOpen = false;
  }

  /** It is as a person left it when it comes back into the document. */
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('anchor')) this.isOpen = askFold(this, this.#key) ?? false;
  }

  get #key(): string {
    return `prompt:${this.anchor}`;
  }

  readonly #toggle = (): void => {
    this.isOpen = !this.isOpen;
    tellFold(this, { key: this.#key, isOpen: this.isOpen });
  };

  protected override rawText(): string {
    return this.text;
  }

  protected override render(): TemplateResult {
    const lines = this.text.split('\n');
    const isLong = lines.length > foldOverLines || this.text.length > maxFoldedChars;
    const shown = isLong && !this.isOpen ? lines.slice(0, foldOverLines).join('\n').slice(0, maxFoldedChars) : this.text.slice(0, maxShownChars);
    return html`<div class="user" data-stop data-prompt data-anchor=${this.anchor} role="group" aria-label="You wrote">
      <div class="text" dir="auto">${safeText(shown)}${isLong && !this.isOpen ? '…' : nothing}</div>
      <span class="acts">${copyButton('Copy message', () => this.text)}</span>
      ${isLong ? html`<button type="button" class="btn link more" @click=${this.#toggle}>${this.isOpen ? 'Show Less' : moreLabel(lines.length)}</button>` : nothing}
      ${this.isOpen && this.text.length > maxShownChars ? this.#rest() : nothing} ${this.note ?? nothing}
    </div>`;
  }

  /** What is too long to be drawn here is read elsewhere, whole. */
  #rest(): TemplateResult {
    return html`<div class="mark meta">
      <span class="grow">This text goes on for ${bytesWords(this.text.length - maxShownChars)}.</span>
      ${button({ label: 'Open Text', kind: 'second', run: () => askHost(this, 'openText', { title: 'Message', text: this.text }) })}
    </div>`;
  }
}

function moreLabel(lines: number): string {
  return lines > foldOverLines ? `Show all ${countWords(lines)} lines` : 'Show all of it';
}

customElements.define('logos-user', UserMessage);
