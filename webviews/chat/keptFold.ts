import type { ReactiveController } from 'lit';
import type { LightElement } from '../shared/lightElement.ts';
import { askFold, tellFold } from './chatContext.ts';

/**
 * What a person opened in a piece of the transcript that its step knows nothing of, such as a long block of code: it is so again when the
 * piece comes back into the document, which holds only what is near the view, and when the page is made anew.
 */
export class KeptFold implements ReactiveController {
  readonly #piece: LightElement;
  readonly #name: string;
  #key: string | undefined;
  #isOpen = false;

  /** `name` tells apart what can be opened in one piece. */
  constructor(piece: LightElement, name: string) {
    this.#piece = piece;
    this.#name = name;
    piece.addController(this);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  set isOpen(isOpen: boolean) {
    this.#isOpen = isOpen;
    if (this.#key !== undefined) tellFold(this.#piece, { key: this.#key, isOpen });
    this.#piece.requestUpdate();
  }

  /** A piece goes by the step that it stands in and by its place among those of its kind there. */
  hostConnected(): void {
    const step = this.#piece.closest<HTMLElement>('[data-anchor]');
    if (step === null) return;
    const place = [...step.querySelectorAll(this.#piece.localName)].indexOf(this.#piece);
    this.#key = `${this.#name}:${step.dataset['anchor']}:${place}`;
    this.#isOpen = askFold(this.#piece, this.#key) ?? this.#isOpen;
  }
}
