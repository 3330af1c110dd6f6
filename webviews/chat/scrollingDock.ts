import type { ReactiveController } from 'lit';
import type { LightElement } from '../shared/lightElement.ts';

/** A view lower than this, in px, does not hold 160 px of transcript beside the status line and a line of draft. */
const lowBelow = 227;

/**
 * In a very low view, such as 200 % zoom leaves below an open tree, the status line and the composer lie behind the end of the transcript and
 * scroll with it: who reads has the whole view, and who writes has both. In every other view they stand where they are.
 */
export class ScrollingDock implements ReactiveController {
  readonly #app: LightElement;
  readonly #toEnd: () => void;
  readonly #sizes = new ResizeObserver(() => this.#place());
  #log: HTMLElement | null = null;

  /** `toEnd` brings the end of the transcript into view, and the dock with it. */
  constructor(app: LightElement, toEnd: () => void) {
    this.#app = app;
    this.#toEnd = toEnd;
    app.addController(this);
  }

  hostUpdated(): void {
    const [main, log] = [this.#app.querySelector('main'), this.#app.querySelector<HTMLElement>('.log')];
    if (log === null || log === this.#log) return;
    this.#log = log;
    log.addEventListener('scroll', () => this.#place(), { passive: true });
    for (const part of [main, log.firstElementChild, ...this.#parts]) if (part !== null) this.#sizes.observe(part);
    for (const part of this.#parts) {
      part.addEventListener('input', () => this.show());
      part.addEventListener('focusin', (event) => isGoneTo(event) && this.show());
    }
    this.#place();
  }

  hostDisconnected(): void {
    this.#sizes.disconnect();
    this.#log = null;
  }

  /** Brings the status line and the composer into view where they scroll. */
  show(): void {
    if (this.#app.querySelector('main.low') !== null) this.#toEnd();
  }

  get #parts(): readonly HTMLElement[] {
    return [...this.#app.querySelectorAll<HTMLElement>('main > :is(logos-status, .foot)')];
  }

  /** Set by script, because the content security policy forbids style attributes. */
  #place(): void {
    const [main, log] = [this.#app.querySelector('main'), this.#log];
    if (main === null || log === null) return;
    const isLow = main.clientHeight < lowBelow;
    main.classList.toggle('low', isLow);
    const [status = 0, foot = 0] = this.#parts.map(({ offsetHeight }) => offsetHeight);
    const beyond = Math.max(0, log.scrollHeight - log.clientHeight - log.scrollTop);
    const lengths = { 'foot-height': foot, 'dock-height': status + foot, 'dock-shift': Math.min(beyond, status + foot) };
    for (const [name, px] of Object.entries(lengths)) main.style.setProperty(`--${name}`, `${isLow ? px : 0}px`);
  }
}

/**
 * Whether a person goes to a part by the keyboard: a button does not move away under the pointer that presses it, and a window that is looked
 * at again gives the focus back from nowhere.
 */
function isGoneTo({ target, relatedTarget }: FocusEvent): boolean {
  return relatedTarget !== null && target instanceof Element && target.matches(':focus-visible');
}
