/** A piece of the transcript and how far below the top of the view it stands, in px: what the reader's eye rests on. */
export interface ReadingAnchor {
  readonly element: HTMLElement;
  readonly key: string;
  /** Place of the block among those of the step; absent for the step as a whole. */
  readonly block?: number;
  readonly offset: number;
}

/** The first piece that reaches into the view: a step, or a block inside of a long text; none where the view is blank. */
export function findAnchor(scroller: HTMLElement): ReadingAnchor | undefined {
  const view = scroller.getBoundingClientRect();
  for (const step of scroller.querySelectorAll<HTMLElement>('[data-anchor]')) {
    const box = step.getBoundingClientRect();
    if (box.bottom <= view.top + 1) continue;
    if (box.top >= view.bottom) return undefined;
    const key = step.dataset['anchor'] ?? '';
    const block = box.top < view.top ? [...step.children].findIndex((child) => child.getBoundingClientRect().bottom > view.top + 1) : -1;
    const element = (block < 0 ? undefined : (step.children[block] as HTMLElement | undefined)) ?? step;
    return { element, key, offset: element.getBoundingClientRect().top - view.top, ...(element === step ? {} : { block }) };
  }
  return undefined;
}

/** The piece that a key and the place of a block name, when it is drawn. */
export function anchorElement(scroller: HTMLElement, key: string, block?: number): HTMLElement | undefined {
  const step = scroller.querySelector<HTMLElement>(`[data-anchor="${CSS.escape(key)}"]`);
  return (block === undefined ? undefined : (step?.children[block] as HTMLElement | undefined)) ?? step ?? undefined;
}

/** How many px the piece has moved since it was noted, or undefined when it is not drawn any more. */
export function anchorShift(scroller: HTMLElement, anchor: ReadingAnchor): number | undefined {
  const element = anchor.element.isConnected ? anchor.element : anchorElement(scroller, anchor.key, anchor.block);
  if (element === undefined) return undefined;
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - anchor.offset;
}
