import type { PropertyValues } from 'lit';
import { LightElement } from './lightElement.ts';

/** What a step hands up when it cannot be drawn. */
export interface BrokenStep {
  readonly element: string;
  readonly error: string;
}

/** Event that bubbles from a step that could not be drawn. */
export const brokenStepEvent = 'logos-broken-step';

/**
 * A part of the transcript that breaks alone: when rendering throws, it shows that it could not be shown, with the raw content to copy,
 * and everything around it lives on.
 */
export abstract class StepElement extends LightElement {
  #isBroken = false;

  /** The content as text, for Copy Raw. */
  protected abstract rawText(): string;

  protected override update(changed: PropertyValues): void {
    if (this.#isBroken) return;
    try {
      super.update(changed);
    } catch (error) {
      this.#isBroken = true;
      this.#showBroken(error);
    }
  }

  #showBroken(error: unknown): void {
    const card = document.createElement('logos-broken-step');
    Object.assign(card, { raw: this.rawText() });
    this.replaceChildren(card);
    const detail: BrokenStep = { element: this.localName, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    this.dispatchEvent(new CustomEvent(brokenStepEvent, { detail, bubbles: true }));
  }
}
