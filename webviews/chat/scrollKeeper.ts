import { anchorElement, anchorShift, findAnchor } from './readingAnchor.ts';
import type { ReadingAnchor } from './readingAnchor.ts';

/** A noted piece that stands further than this below the top, in px, has something undrawn above it. */
const roughOffset = 24;
/** Within how many px of the end the view follows it. */
const followWithin = 24;

/**
 * Keeps the scroll where the reader wants it. At the end it follows the end; anywhere else the piece that the reader looks at stays where it is,
 * whatever grows, folds or arrives above or below, and when the view changes its size.
 */
export class ScrollKeeper {
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  #isFollowing = true;
  #anchor: ReadingAnchor | undefined;
  #lastTop = 0;

  constructor(scroller: HTMLElement, onChange: () => void) {
    this.#scroller = scroller;
    this.#onChange = onChange;
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    scroller.addEventListener('wheel', (event) => event.deltaY < 0 && !scrollsInside(event, scroller) && this.#leaveEnd(), { passive: true });
    scroller.addEventListener('pointerdown', (event) => event.target === scroller && event.offsetX >= scroller.clientWidth && this.#holdBar(), { passive: true });
  }

  get isFollowing(): boolean {
    return this.#isFollowing;
  }

  /** What the reader looks at; absent while the end is followed. */
  get anchor(): ReadingAnchor | undefined {
    return this.#isFollowing ? undefined : this.#anchor;
  }

  /** Goes to the end and follows it from now on. */
  toEnd(): void {
    this.#isFollowing = true;
    this.#anchor = undefined;
    this.hold();
    this.#onChange();
  }

  /** Puts a piece at the top of the view, `offset` px below its edge, and stays with it. */
  stayAt(key: string, offset: number, block?: number): boolean {
    const element = anchorElement(this.#scroller, key, block);
    if (element === undefined) return false;
    this.#isFollowing = false;
    this.#anchor = { element, key, offset, ...(block === undefined ? {} : { block }) };
    this.hold();
    this.#onChange();
    return true;
  }

  /** Moves the view down by what was put above it, when no piece is noted that would tell. */
  makeUpFor(height: number): void {
    if (this.#isFollowing || this.#anchor?.element.isConnected) return;
    this.#scroller.scrollTop += height;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /**
   * After anything changed its size or place: puts the scroll right again. Once all is drawn (`isSettled`), a piece that was noted
   * while the view was still blank above it gives way to the one that really stands at the top.
   */
  hold(isSettled = false): void {
    const scroller = this.#scroller;
    if (this.#isFollowing) {
      const end = scroller.scrollHeight - scroller.clientHeight;
      if (Math.abs(scroller.scrollTop - end) >= 1) scroller.scrollTop = end;
    } else {
      const shift = this.#anchor === undefined ? undefined : anchorShift(scroller, this.#anchor);
      if (shift !== undefined && Math.abs(shift) >= 1) scroller.scrollTop += shift;
      const isRough = shift === undefined || this.#anchor === undefined || this.#anchor.offset > roughOffset;
      if (isSettled && isRough) this.#anchor = findAnchor(scroller);
    }
    this.#lastTop = scroller.scrollTop;
  }

  #scrolled(): void {
    const scroller = this.#scroller;
    const { scrollTop } = scroller;
    const distance = scroller.scrollHeight - scroller.clientHeight - scrollTop;
    const moved = scrollTop - this.#lastTop;
    if (Math.abs(moved) < 1) return;
    this.#undoSlip(moved);
    this.#lastTop = scroller.scrollTop;
    if (moved < 0 && distance > followWithin) this.#isFollowing = false;
    else if (moved > 0 && distance <= followWithin) this.#isFollowing = true;
    this.#anchor = this.#isFollowing ? undefined : findAnchor(scroller);
    this.#onChange();
  }

  /** The reader moved by `moved`; whatever else moved the piece under the eye since it was noted came from things above, and is taken back. */
  #undoSlip(moved: number): void {
    const shift = this.#isFollowing || this.#anchor === undefined ? undefined : anchorShift(this.#scroller, this.#anchor);
    if (shift !== undefined && Math.abs(shift + moved) >= 1) this.#scroller.scrollTop += shift + moved;
  }

  /** While the scroll bar is held nothing else moves the view; one that is let go at the end follows it again. */
  #holdBar(): void {
    this.#leaveEnd();
    const letGo = (event: PointerEvent): void => {
      if (event.buttons !== 0) return;
      for (const type of ['pointerup', 'pointermove'] as const) window.removeEventListener(type, letGo);
      const { scrollHeight, clientHeight, scrollTop } = this.#scroller;
      if (!this.#isFollowing && scrollHeight - clientHeight - scrollTop <= followWithin) this.toEnd();
    };
    for (const type of ['pointerup', 'pointermove'] as const) window.addEventListener(type, letGo);
  }

  #leaveEnd(): void {
    if (!this.#isFollowing || this.#scroller.scrollHeight <= this.#scroller.clientHeight) return;
    this.#isFollowing = false;
    this.#anchor = findAnchor(this.#scroller);
    this.#onChange();
  }
}

/** The wheel moves a box of its own inside the transcript, as long as that can go up. */
function scrollsInside(event: WheelEvent, scroller: HTMLElement): boolean {
  for (let element = event.target as Element | null; element !== null && element !== scroller; element = element.parentElement) {
    if (element.scrollTop > 0 && /auto|scroll/.test(getComputedStyle(element).overflowY)) return true;
  }
  return false;
}
