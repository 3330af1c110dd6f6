import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { icon } from '../shared/icon.ts';
import { LightElement } from '../shared/lightElement.ts';

const saysForMs = 1_600;

/** Event that asks for text on the clipboard; it bubbles to the app. */
export const copyEvent = 'logos-copy-text';

/** The text inside such an event, and who is told whether it is on the clipboard. */
export interface CopyDetail {
  readonly text: string;
  readonly settle: (isCopied: boolean) => void;
}

/** Copies a text of any length, and says for a moment that it is done, in the place of its icon. */
export class CopyButton extends LightElement {
  static override properties = { label: {}, word: {}, take: { attribute: false }, said: { state: true } };
  declare label: string;
  /** Drawn in place of the icon, for a button among others with words. */
  declare word: string | undefined;
  /** Makes the text when it is wanted. */
  declare take: () => string;
  declare said: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.label = '';
    this.word = undefined;
    this.take = () => '';
    this.said = undefined;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.said = undefined;
  }

  protected override render(): TemplateResult {
    const { label, word, said } = this;
    const shown = said ?? word;
    const kind = word === undefined ? `ib${said === undefined ? '' : ' said'}` : 'btn link';
    return html`<button type="button" class=${kind} title=${word === undefined ? label : nothing} aria-label=${label} @click=${this.#copy}>${shown ?? icon('copy')}</button>`;
  }

  readonly #copy = (): void => {
    const detail: CopyDetail = { text: this.take(), settle: (isCopied) => this.#say(isCopied ? 'Copied' : 'Not copied') };
    this.dispatchEvent(new CustomEvent(copyEvent, { detail, bubbles: true }));
  };

  #say(words: string): void {
    if (!this.isConnected) return;
    this.said = words;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.said = undefined), saysForMs);
  }
}

/** Draws a button that copies what `take` gives; with a `word` it shows that instead of the icon. */
export function copyButton(label: string, take: () => string, word?: string): TemplateResult {
  return html`<logos-copy .label=${label} .take=${take} .word=${word}></logos-copy>`;
}

customElements.define('logos-copy', CopyButton);
