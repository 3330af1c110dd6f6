/** A piece of the transcript and how far below the top of the view it stands, in px: what the reader's eye rests on. */
export interface ReadingAnchor {
  readonly element: HTMLElement;
  readonly key: string;
  readonly offset: number;
}

/** The first piece that reaches into the view: a step, or a block inside of a long text. */
export function findAnchor(scroller: HTMLElement): ReadingAnchor | undefined {
  const top = scroller.getBoundingClientRect().top;
  for (const step of scroller.querySelectorAll<HTMLElement>('[data-anchor]')) {
    const box = step.getBoundingClientRect();
    if (box.bottom <= top + 1) continue;
    const key = step.dataset['anchor'] ?? '';
    const block = box.top < top ? [...step.children].find((child) => child.getBoundingClientRect().bottom > top + 1) : undefined;
    const element = block instanceof HTMLElement ? block : step;
    return { element, key, offset: element.getBoundingClientRect().top - top };
  }
  return undefined;
}

/** How many px the piece has moved since it was noted, or undefined when it is not drawn any more. */
export function anchorShift(scroller: HTMLElement, anchor: ReadingAnchor): number | undefined {
  const element = anchor.element.isConnected ? anchor.element : scroller.querySelector<HTMLElement>(`[data-anchor="${CSS.escape(anchor.key)}"]`);
  if (element === null) return undefined;
  return element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - anchor.offset;
}
