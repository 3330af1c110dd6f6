import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Turn } from '../../server/protocol/messages.ts';
import { messageText } from '../../server/protocol/transcript.ts';
import { icon } from '../shared/icon.ts';
import { LightElement } from '../shared/lightElement.ts';
import type { StepElement } from '../shared/stepElement.ts';
import type { ChatActions } from './chatContext.ts';
import type { PendingMessage } from './chatState.ts';
import { pendingRow, pendingTail } from './pendingRow.ts';
import type { ReadingPlace } from './readingPlaces.ts';
import { RovingFocus } from './rovingFocus.ts';
import { ScrollKeeper } from './scrollKeeper.ts';
import { estimatedTurnHeight, windowAtEnd, windowOf } from './transcriptWindow.ts';
import type { TranscriptWindow } from './transcriptWindow.ts';
import type { TextStep } from './textStep.ts';
import './turnElement.ts';

const loadOlderWithin = 400;
/** How far below the top a prompt stands that was gone to, in px. */
const topOffset = 12;

/** The column of turns. Only what is near the view is in the document; the height of a turn is kept when it leaves. */
export class Transcript extends LightElement {
  static override properties = {
    turns: {},
    pending: {},
    folds: {},
    hasOlder: {},
    isOnline: {},
    isReadOnly: {},
    agentName: {},
    model: {},
    keysTaken: {},
    actions: {},
    greeting: {},
    sticky: { state: true },
  };
  declare turns: readonly Turn[];
  declare pending: readonly PendingMessage[];
  declare folds: Readonly<Record<string, boolean>>;
  declare hasOlder: boolean;
  /** The gateway can be reached. */
  declare isOnline: boolean;
  /** It can be read and not gone on with. */
  declare isReadOnly: boolean;
  declare agentName: string;
  /** The model that answers, by name. */
  declare model: string | undefined;
  /** See the state of the chat. */
  declare keysTaken: Readonly<Record<string, number>>;
  declare actions: ChatActions | undefined;
  /** What stands where there is no turn yet. */
  declare greeting: TemplateResult | typeof nothing;
  /** The prompt whose answer is being read while the prompt itself is above the view. */
  declare sticky: Turn | undefined;
  /** Asked for when the reader comes near the top, or wants to go far up at once. */
  onNeedOlder: (isFar: boolean) => void = () => undefined;
  /** Told on each move of the scroll. */
  onScroll: () => void = () => undefined;
  /** Where the reader of a session was when it was last on screen. */
  placeOf: (sessionId: string) => ReadingPlace | undefined = () => undefined;
  /** Told where the reader is; absent at the end. */
  onPlace: (sessionId: string, place: ReadingPlace | undefined) => void = () => undefined;

  readonly #heights = new Map<string, number>();
  readonly #sizes = new ResizeObserver((entries) => this.#measured(entries));
  #sessionId: string | undefined;
  /** Where the reader is to be put as soon as it has been read back. */
  #wanted: ReadingPlace | 'start' | undefined;
  #toldPlace = '';
  #window: TranscriptWindow = { start: 0, end: 0, above: 0, below: 0 };
  /** The window was chosen for a jump, and stays until the scroll has followed. */
  #isWindowFixed = false;
  #keeper: ScrollKeeper | undefined;
  #roving: RovingFocus | undefined;
  #observed = new Set<Element>();
  #scroller: HTMLElement | undefined;

  constructor() {
    super();
    this.turns = [];
    this.pending = [];
    this.folds = {};
    this.hasOlder = false;
    this.isOnline = false;
    this.isReadOnly = false;
    this.agentName = '';
    this.model = undefined;
    this.keysTaken = {};
    this.actions = undefined;
    this.greeting = nothing;
    this.sticky = undefined;
  }

  get keeper(): ScrollKeeper | undefined {
    return this.#keeper;
  }

  get roving(): RovingFocus | undefined {
    return this.#roving;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes.disconnect();
    this.#roving?.dispose();
  }

  /** Goes to the very first turn, however far back that was read, and gives it the focus. */
  toStart(): void {
    this.#wanted = 'start';
    this.#scroller?.focus({ preventScroll: true });
    this.#pursue();
  }

  /** Goes to the end, follows it, and gives the last step the focus. */
  async toLast(): Promise<void> {
    this.#wanted = undefined;
    this.#keeper?.toEnd();
    await this.#drawn(this.turns.at(-1));
    this.#keeper?.hold();
    this.#roving?.stops.at(-1)?.focus({ preventScroll: true });
  }

  /** Goes to the prompt before or after the place of reading, and gives it the focus. */
  toPrompt(by: 1 | -1): void {
    const top = this.#scroller?.getBoundingClientRect().top ?? 0;
    const prompts = [...this.querySelectorAll<HTMLElement>('[data-prompt]')];
    const focused = prompts.indexOf(document.activeElement as HTMLElement);
    const beyond = (prompt: HTMLElement) => (by < 0 ? prompt.getBoundingClientRect().top < top - 1 : prompt.getBoundingClientRect().top > top + 13);
    const next = focused >= 0 ? prompts[focused + by] : by < 0 ? prompts.findLast(beyond) : prompts.find(beyond);
    if (next === undefined) return;
    this.#keeper?.stayAt(next.dataset['anchor'] ?? '', topOffset);
    next.focus({ preventScroll: true });
  }

  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    const scroller = this.querySelector<HTMLElement>('.log');
    if (scroller === null) return;
    this.#scroller = scroller;
    this.#keeper = new ScrollKeeper(scroller, () => this.#scrolled());
    this.#roving = new RovingFocus(scroller);
    this.#sizes.observe(scroller);
    // Who moves has arrived.
    for (const type of ['wheel', 'pointerdown', 'touchstart', 'keydown'] as const) scroller.addEventListener(type, () => (this.#wanted = undefined), { passive: true });
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('turns') || this.#keeper?.isFollowing) this.#chooseWindow();
    // A prompt of the session before says nothing about this one, and nothing scrolls where nothing is to be read.
    if (changed.has('turns') && !this.turns.some(({ id }) => id === this.sticky?.id)) this.sticky = undefined;
    this.#keepFocus();
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#makeRoom();
    this.#keeper?.makeUpFor(this.#prepended(changed.get('turns') as readonly Turn[] | undefined));
    const drawn = new Set(this.querySelectorAll('logos-turn, .pendings'));
    for (const element of this.#observed) if (!drawn.has(element)) this.#sizes.unobserve(element);
    for (const element of drawn) if (!this.#observed.has(element)) this.#sizes.observe(element);
    this.#observed = drawn;
    const sessionId = this.turns[0]?.sessionId;
    if (sessionId !== this.#sessionId) this.#enter(sessionId);
    else this.#keeper?.hold();
    if (!changed.has('turns')) return;
    if (this.#wanted === undefined) this.#needOlder();
    else this.#pursue();
  }

  protected override render(): TemplateResult {
    const { start, end } = this.#window;
    const setSize = this.hasOlder ? -1 : (this.turns.at(-1)?.ordinal ?? 0);
    const isEmpty = this.turns.length === 0 && this.pending.length === 0;
    return html`<div class="log${this.sticky === undefined ? '' : ' below-sticky'}" role="log" aria-live="off" aria-label="Conversation" tabindex="-1">
        <div class="column">
          ${isEmpty ? this.greeting : nothing}
          <div class="room above"></div>
          ${repeat(
            this.turns.slice(start, end),
            (turn) => turn.id,
            (turn) =>
              html`<logos-turn
                data-turn=${turn.id}
                .turn=${turn}
                .canGoOn=${turn === this.turns.at(-1) && !this.isReadOnly}
                .reservesTail=${turn === this.turns.at(-1) && this.pending.length === 0}
                .setSize=${setSize}
                .folds=${this.folds}
                .actions=${this.actions}
                .agentName=${this.agentName}
                .model=${this.model}
                .keysTaken=${this.keysTaken}
              ></logos-turn>`,
          )}
          <div class="room below"></div>
          <div class="pendings">
            ${this.actions === undefined ? nothing : repeat(this.pending, (message) => message.messageId, (message) => pendingRow(message, this.isOnline, this.actions))}
            ${pendingTail(this.pending, this.isOnline)}
          </div>
        </div>
      </div>
      ${this.sticky === undefined ? nothing : this.#stickyLine(this.sticky)}`;
  }

  /** A session comes on screen: where it was left, else at its end. */
  #enter(sessionId: string | undefined): void {
    this.#sessionId = sessionId;
    this.#wanted = sessionId === undefined ? undefined : this.placeOf(sessionId);
    this.#keeper?.toEnd();
  }

  /** Goes where the reader is to be, or asks for the turns that are missing on the way there. */
  #pursue(): void {
    const wanted = this.#wanted;
    const first = this.turns[0];
    if (wanted === undefined || first === undefined) return;
    if (this.hasOlder && (wanted === 'start' || first.ordinal > wanted.ordinal)) return this.onNeedOlder(true);
    void (wanted === 'start' ? this.#arriveAtStart(first) : this.#arrive(this.turns.find(({ ordinal }) => ordinal >= wanted.ordinal) ?? first, wanted));
  }

  async #arriveAtStart(turn: Turn): Promise<void> {
    await this.#arrive(turn, { anchor: turn.message.id, offset: topOffset });
    this.#roving?.stops[0]?.focus({ preventScroll: true });
  }

  /** Draws the turns about a piece and puts that where it is to stand; a piece that is not there any more gives way to its prompt. */
  async #arrive(turn: Turn, { anchor, block, offset }: Pick<ReadingPlace, 'anchor' | 'block' | 'offset'>): Promise<void> {
    const wanted = this.#wanted;
    const heights = this.#turnHeights();
    const top = heights.slice(0, this.turns.indexOf(turn)).reduce((sum, height) => sum + height, 0);
    this.#window = windowOf(heights, { top, height: this.#scroller?.clientHeight ?? 0 });
    this.#isWindowFixed = true;
    this.requestUpdate();
    await this.#drawn(turn);
    if (block !== undefined) await this.querySelector<TextStep>(`logos-text:has([data-anchor="${CSS.escape(anchor)}"])`)?.reveal(block);
    this.#isWindowFixed = false;
    if (this.#wanted !== wanted) return;
    this.#wanted = undefined;
    if (this.#keeper?.stayAt(anchor, offset, block) === false) this.#keeper.stayAt(turn.message.id, topOffset);
  }

  /** Resolves when a turn is in the document with its steps. */
  async #drawn(turn: Turn | undefined): Promise<void> {
    await this.updateComplete;
    const element = turn === undefined ? null : this.querySelector<StepElement>(`logos-turn[data-turn="${turn.id}"]`);
    await element?.updateComplete;
    await Promise.all([...(element?.querySelectorAll<StepElement>('logos-user, logos-text, logos-tool, logos-thinking') ?? [])].map((step) => step.updateComplete));
  }

  /** Says where the reader is, once that is known: a view that is still blank says nothing. */
  #tellPlace(): void {
    const sessionId = this.#sessionId;
    if (sessionId === undefined || this.#wanted !== undefined) return;
    const place = this.#keeper?.isFollowing ? undefined : this.#place(sessionId);
    if (place === undefined && !this.#keeper?.isFollowing) return;
    const told = JSON.stringify([sessionId, place]);
    if (told === this.#toldPlace) return;
    this.#toldPlace = told;
    this.onPlace(sessionId, place);
  }

  #place(sessionId: string): ReadingPlace | undefined {
    const anchor = this.#keeper?.anchor;
    const turn = this.turns.find(({ id }) => id === anchor?.element.closest<HTMLElement>('logos-turn')?.dataset['turn']);
    if (anchor === undefined || turn === undefined) return undefined;
    const { key, block, offset } = anchor;
    return { sessionId, ordinal: turn.ordinal, anchor: key, offset, ...(block === undefined ? {} : { block }) };
  }

  /** Height of the turns that were put before those that were known. */
  #prepended(before: readonly Turn[] | undefined): number {
    const first = before?.[0];
    const count = first === undefined ? -1 : this.turns.findIndex((turn) => turn.id === first.id);
    return this.turns.slice(0, Math.max(0, count)).reduce((sum, turn) => sum + (this.#heights.get(turn.id) ?? estimatedTurnHeight), 0);
  }

  /** Set by script, because the content security policy forbids style attributes. */
  #makeRoom(): void {
    for (const side of ['above', 'below'] as const) {
      const room = this.querySelector<HTMLElement>(`.room.${side}`);
      if (room !== null) room.style.height = `${this.#window[side]}px`;
    }
  }

  #stickyLine(turn: Turn): TemplateResult {
    const text = messageText(turn.message).split('\n')[0] ?? '';
    return html`<button type="button" class="sticky" aria-label="Back to: ${text.slice(0, 80)}" @click=${() => this.#keeper?.stayAt(turn.message.id, topOffset)}>
      <span class="cut grow" dir="auto">${text.slice(0, 300)}</span>${icon('arrow-up', 'quiet')}
    </button>`;
  }

  #turnHeights(): readonly number[] {
    return this.turns.map((turn) => this.#heights.get(turn.id) ?? estimatedTurnHeight);
  }

  #chooseWindow(): boolean {
    if (this.#isWindowFixed) return false;
    const scroller = this.#scroller;
    const heights = this.#turnHeights();
    const viewHeight = scroller?.clientHeight ?? 600;
    const isAtEnd = this.#keeper?.isFollowing ?? true;
    const next = isAtEnd || scroller === undefined ? windowAtEnd(heights, viewHeight) : this.#windowAroundAnchor(heights, scroller);
    const old = this.#window;
    this.#window = next;
    return next.start !== old.start || next.end !== old.end;
  }

  /** After turns were put before, the scroll offset is stale: the turn under the reader's eye tells where the view is. */
  #windowAroundAnchor(heights: readonly number[], scroller: HTMLElement): TranscriptWindow {
    const anchor = this.#keeper?.anchor;
    const turnElement = anchor?.element.closest<HTMLElement>('logos-turn');
    const index = this.turns.findIndex((turn) => turn.id === turnElement?.dataset['turn']);
    if (turnElement === null || turnElement === undefined || index < 0) return windowOf(heights, { top: scroller.scrollTop, height: scroller.clientHeight });
    const before = heights.slice(0, index).reduce((sum, height) => sum + height, 0);
    const into = scroller.getBoundingClientRect().top - turnElement.getBoundingClientRect().top;
    return windowOf(heights, { top: Math.max(0, before + into), height: scroller.clientHeight });
  }

  #measured(entries: readonly ResizeObserverEntry[]): void {
    for (const { target, borderBoxSize, contentRect } of entries) {
      const id = target instanceof HTMLElement ? target.dataset['turn'] : undefined;
      if (id !== undefined) this.#heights.set(id, borderBoxSize[0]?.blockSize ?? contentRect.height);
    }
    this.#keeper?.hold(true);
    if (this.#chooseWindow()) this.requestUpdate();
    this.#stick();
    this.#tellPlace();
  }

  #scrolled(): void {
    if (this.#chooseWindow()) this.requestUpdate();
    this.#needOlder();
    this.#stick();
    this.#tellPlace();
    this.onScroll();
  }

  #needOlder(): void {
    const scroller = this.#scroller;
    if (scroller !== undefined && this.hasOlder && scroller.scrollTop < loadOlderWithin) this.onNeedOlder(false);
  }

  /** A prompt stands as one line while its answer is read and it is above the view itself. */
  #stick(): void {
    const scroller = this.#scroller;
    if (scroller === undefined) return;
    const top = scroller.getBoundingClientRect().top;
    const reading = [...scroller.querySelectorAll<HTMLElement>('logos-turn')].find((element) => element.getBoundingClientRect().bottom > top + 48);
    const prompt = reading?.querySelector('.user')?.getBoundingClientRect();
    const isAbove = prompt !== undefined && prompt.bottom < top + 4;
    this.sticky = isAbove ? this.turns.find((turn) => turn.id === reading?.dataset['turn']) : undefined;
  }

  /** A step that leaves the document hands its focus to the log, so that keys go on working. */
  #keepFocus(): void {
    const focused = document.activeElement?.closest<HTMLElement>('logos-turn');
    const index = this.turns.findIndex((turn) => turn.id === focused?.dataset['turn']);
    if (focused !== null && focused !== undefined && (index < this.#window.start || index >= this.#window.end)) this.#scroller?.focus({ preventScroll: true });
  }
}

customElements.define('logos-transcript', Transcript);
