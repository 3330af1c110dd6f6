import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { ThinkingPart } from '../../server/protocol/messages.ts';
import { icon } from '../shared/icon.ts';
import { gatewayClock } from '../shared/gatewayClock.ts';
import { SecondsClock } from '../shared/secondsClock.ts';
import { StepElement } from '../shared/stepElement.ts';
import { tellFold } from './chatContext.ts';
import { safeText } from './safeText.ts';
import { markScrollBox } from './scrollBox.ts';
import { bytesWords, countedSeconds, firstSentence, lastSentence } from './words.ts';

const maxThinkingChars = 262_144;

/** The model's reasoning: one row with its seconds and a sentence; opened in place it scrolls by itself and follows its end. */
export class ThinkingRow extends StepElement {
  static override properties = { key: {}, thought: {}, isLive: {}, fold: {} };
  /** Its `stepKey`. */
  declare key: string;
  declare thought: ThinkingPart | undefined;
  /** It still grows. */
  declare isLive: boolean;
  declare fold: boolean | undefined;
  #isHeld = false;

  constructor() {
    super();
    this.key = '';
    this.thought = undefined;
    this.isLive = false;
    this.fold = undefined;
    new SecondsClock(this, () => this.isLive);
  }

  protected override rawText(): string {
    return this.thought?.text ?? '';
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const body = this.querySelector<HTMLElement>('.think-body');
    if (body !== null && this.isLive && !this.#isHeld) body.scrollTop = body.scrollHeight;
    markScrollBox(body, 'Thinking');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { thought: part, isLive } = this;
    if (part === undefined) return nothing;
    const isOpen = this.fold ?? false;
    const seconds = isLive ? countedSeconds(gatewayClock.now() - part.startedAt) : part.durationMs === undefined ? undefined : countedSeconds(Math.max(1000, part.durationMs));
    const label = isLive ? `Thinking, ${seconds}` : seconds === undefined ? 'Thought' : `Thought for ${seconds}`;
    const sentence = isLive ? lastSentence(part.text) : firstSentence(part.text);
    return html`<div data-anchor=${this.key}>
      <button type="button" class="step" data-stop aria-expanded=${isOpen} @click=${() => tellFold(this, { key: this.key, isOpen: !isOpen })}>
        <span class="unseen">${isLive ? 'Thinking' : label}</span>
        <span class="seen" aria-hidden="true">${icon(isOpen ? 'chevron-down' : 'chevron-right')}<span class="label">${label}</span>${isOpen ? nothing : html`<span class="cut" dir="auto">${safeText(sentence)}</span>`}</span>
      </button>
      ${isOpen ? html`<div class="think-body" dir="auto" @scroll=${this.#hold}>${part.text.length > maxThinkingChars ? `… ${bytesWords(part.text.length - maxThinkingChars)} left out here\n` : nothing}${safeText(part.text.slice(-maxThinkingChars).trim())}</div>` : nothing}
    </div>`;
  }

  readonly #hold = (event: Event): void => {
    const body = event.currentTarget as HTMLElement;
    this.#isHeld = body.scrollHeight - body.clientHeight - body.scrollTop > 24;
  };
}

customElements.define('logos-thinking', ThinkingRow);
