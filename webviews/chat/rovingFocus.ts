const focusable = 'button, a[href]';

/**
 * Makes the transcript one tab stop: Up, Down, Home and End go from step to step, Tab goes into the buttons of the step that has the focus.
 * Boxes that scroll by themselves stay tab stops of their own.
 */
export class RovingFocus {
  readonly #root: HTMLElement;
  readonly #observer: MutationObserver;
  #current: HTMLElement | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    root.addEventListener('focusin', (event) => this.#enter(event.target));
    this.#observer = new MutationObserver((records) => {
      if (records.some((record) => record.addedNodes.length > 0 || record.removedNodes.length > 0)) this.#settle();
    });
    this.#observer.observe(root, { childList: true, subtree: true });
    this.#settle();
  }

  /** Ends the watching. */
  dispose(): void {
    this.#observer.disconnect();
  }

  /** The steps in order. */
  get stops(): readonly HTMLElement[] {
    return [...this.#root.querySelectorAll<HTMLElement>('[data-stop]')];
  }

  /** The step that has, or last had, the focus. */
  get current(): HTMLElement | undefined {
    return this.#current?.isConnected ? this.#current : undefined;
  }

  /** Moves the focus by steps; false at either end. */
  move(by: number): boolean {
    const { stops } = this;
    const index = this.current === undefined ? -1 : stops.indexOf(this.current);
    const next = index < 0 ? stops.at(-1) : stops[index + by];
    next?.focus();
    return next !== undefined;
  }

  /** Focuses the last step that had the focus, else the last one. */
  enter(): boolean {
    const target = this.current ?? this.stops.at(-1);
    target?.focus();
    return target !== undefined;
  }

  #enter(target: EventTarget | null): void {
    const stop = target instanceof Element ? stopOf(target) : undefined;
    if (stop === undefined || stop === this.#current) return;
    const left = this.#current;
    this.#current = stop;
    if (left?.isConnected) setTabIndexes(left, -1);
    setTabIndexes(stop, 0);
  }

  /** New steps and buttons join the one tab stop without being in its way. */
  #settle(): void {
    const { stops } = this;
    const current = this.current ?? stops.at(-1);
    for (const stop of stops) setTabIndexes(stop, stop === current ? 0 : -1);
    for (const loose of this.#root.querySelectorAll<HTMLElement>(focusable)) {
      const stop = stopOf(loose);
      if (stop !== undefined && loose !== stop) setTabIndex(loose, stop === current ? 0 : -1);
    }
  }
}

/** The step that an element belongs to: itself, what it is inside of, the one before the line at an answer's end, or the row at the head of its card. */
function stopOf(element: Element): HTMLElement | undefined {
  const inside = element.closest<HTMLElement>('[data-stop]');
  if (inside !== null) return inside;
  if (element.closest('.tail') !== null) return [...(element.closest('.turn')?.querySelectorAll<HTMLElement>('[data-stop]') ?? [])].at(-1);
  return element.closest('[data-anchor], .turn')?.querySelector<HTMLElement>('[data-stop]') ?? undefined;
}

function setTabIndexes(stop: HTMLElement, tabIndex: 0 | -1): void {
  setTabIndex(stop, tabIndex);
  const card = stop.closest('[data-anchor]') ?? stop;
  for (const inner of card.querySelectorAll<HTMLElement>(focusable)) setTabIndex(inner, tabIndex);
  for (const inner of stop.closest('.turn')?.querySelectorAll<HTMLElement>('.tail .usage :is(button, a[href])') ?? []) if (stopOf(inner) === stop) setTabIndex(inner, tabIndex);
}

function setTabIndex(element: HTMLElement, tabIndex: 0 | -1): void {
  if (element.getAttribute('tabindex') !== String(tabIndex)) element.setAttribute('tabindex', String(tabIndex));
}
