import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { icon } from '../shared/icon.ts';
import { LightElement } from '../shared/lightElement.ts';
import { monotonicMs } from '../shared/monotonic.ts';
import { SecondsClock } from '../shared/secondsClock.ts';
import { isAnswering } from './chatState.ts';
import type { ComposerActions } from './composerActions.ts';
import { directionOf } from './direction.ts';
import type { ComposerModel } from './composerModel.ts';
import { composerStrips } from './composerStrips.ts';
import { countWords } from './words.ts';

const forceAfterMs = 5000;
/** A longer text has the full height, a direction that is read from its beginning, and no spelling marks: each of them goes through the whole text at every key. */
const maxMeasuredChars = 20_000;

/** The place where a person writes: strips that say what holds, the text, and Stop beside Send. */
export class Composer extends LightElement {
  static override properties = { model: {}, fresh: {}, actions: {}, showsAllQueued: { state: true } };
  declare model: ComposerModel | undefined;
  /** How many pieces came since the reader left the end of the transcript; absent at the end. */
  declare fresh: number | undefined;
  declare actions: ComposerActions | undefined;
  declare showsAllQueued: boolean;
  /** Since when this page has seen that a stop is asked for, in ms of `monotonicMs`, and of which attempt. */
  #stopSeen = { attempt: '', at: 0 };

  constructor() {
    super();
    this.model = undefined;
    this.fresh = undefined;
    this.actions = undefined;
    this.showsAllQueued = false;
    new SecondsClock(this, () => this.model !== undefined && (!isAnswering(this.model.link) || this.model.stop.kind === 'asked'));
  }

  /** The text area. */
  get field(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  protected override render(): TemplateResult | typeof nothing {
    const { model, actions } = this;
    if (model === undefined || actions === undefined) return nothing;
    const { placeholder, label } = promptOf(model);
    const isLong = model.draft.length > maxMeasuredChars;
    const canSend = model.lock === undefined && model.tooLong === undefined && model.draft.trim() !== '';
    return html`<div class="composer${model.lock === undefined ? '' : ' locked'}">
      ${composerStrips(model, actions, this.showsAllQueued, () => (this.showsAllQueued = !this.showsAllQueued))}
      <textarea
        rows="1"
        class=${live(isLong ? 'long' : '')}
        dir=${live(isLong ? longDirection(model.draft) : 'auto')}
        spellcheck=${live(isLong ? 'false' : 'true')}
        placeholder=${placeholder}
        aria-label=${label}
        aria-describedby="composer-strips"
        ?readonly=${model.lock !== undefined}
        .value=${live(model.draft)}
        @beforeinput=${(event: InputEvent) => expectLong(event, model.draft)}
        @input=${(event: Event) => actions.type((event.target as HTMLTextAreaElement).value)}
        @keydown=${(event: KeyboardEvent) => this.#key(event, actions)}
      ></textarea>
      <div class="tools" @pointerdown=${this.#focusField}>
        ${this.#jump(actions)}<span class="grow"></span>
        ${this.#stopButton(model, actions)}
        <button type="button" class="send${canSend ? '' : ' off'}" title="Send (Enter)" aria-label=${model.isEditing ? 'Save' : 'Send'} ?disabled=${!canSend} @click=${() => this.#submit(actions)}>
          ${icon(model.isEditing ? 'check' : 'send')}
        </button>
      </div>
    </div>`;
  }

  /** The way to the end stands among the tools, where it covers nothing that is read. */
  #jump(actions: ComposerActions): TemplateResult | typeof nothing {
    if (this.fresh === undefined) return nothing;
    const label = this.fresh === 0 ? 'Latest' : `${countWords(this.fresh)} new`;
    return html`<button type="button" class="jump" aria-label=${this.fresh === 0 ? 'Go to the latest' : `Go to the latest, ${label}`} @mousedown=${keepCaret} @click=${() => actions.toEnd()}>${icon('arrow-down')}<span class="cut">${label}</span></button>`;
  }

  #stopButton(model: ComposerModel, actions: ComposerActions): TemplateResult | typeof nothing {
    const { stop } = model;
    if (stop.kind === 'none') return nothing;
    if (stop.kind === 'ready') {
      return html`<button type="button" class="btn second stop" @mousedown=${keepCaret} @click=${() => this.#stop(actions)}>${icon('stop-circle')}Stop<kbd aria-hidden="true">Esc</kbd></button>`;
    }
    if (this.#stopSeen.attempt !== stop.attempt) this.#stopSeen = { attempt: stop.attempt, at: monotonicMs() };
    const canForce = monotonicMs() - (stop.at ?? this.#stopSeen.at) >= forceAfterMs;
    return html`<button type="button" class="btn second stop" ?disabled=${!canForce} @mousedown=${keepCaret} @click=${() => this.#stop(actions)}>${icon('stop-circle')}${canForce ? 'Force Stop' : 'Stopping…'}</button>`;
  }

  /** A button that had the focus is off or gone after this: the caret goes where the next words are written. */
  #stop(actions: ComposerActions): void {
    actions.stop();
    if (document.activeElement?.matches('.stop')) this.field?.focus();
  }

  #key(event: KeyboardEvent, actions: ComposerActions): void {
    // An input method owns every key while it composes; 229 is what it sends on platforms that do not say so.
    if (event.isComposing || event.keyCode === 229) return;
    const field = event.target as HTMLTextAreaElement;
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === 'Enter' && isPlain) {
      take(event);
      this.#submit(actions);
    } else if (event.key === 'Escape' && isPlain) {
      take(event);
      if (this.model?.isEditing) actions.cancelEdit();
      else if (this.model?.stop.kind === 'ready') actions.stop();
    } else if (event.key === 'ArrowUp' && isPlain && field.value === '' && this.model?.lock === undefined) {
      take(event);
      actions.recall();
    }
  }

  #submit(actions: ComposerActions): void {
    const text = this.field?.value ?? '';
    if (this.model?.lock === undefined && this.model?.tooLong === undefined && text.trim() !== '') actions.submit(text);
  }

  /** A click beside the buttons is a click into the box. */
  readonly #focusField = (event: Event): void => {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).parentElement?.querySelector('textarea')?.focus();
  };
}

/** What a long text needs stands before the text is there: a paste lays out all of it at once. */
function expectLong({ target, data }: InputEvent, draft: string): void {
  if (data === null || draft.length + data.length <= maxMeasuredChars || draft.length > maxMeasuredChars) return;
  const field = target as HTMLTextAreaElement;
  field.className = 'long';
  field.dir = longDirection(draft + data);
  field.spellcheck = false;
}

function longDirection(text: string): 'ltr' | 'rtl' {
  return directionOf(text.slice(0, 1000));
}

/** A press of the mouse takes no focus from where it is. */
function keepCaret(event: Event): void {
  event.preventDefault();
}

/** A key that is used here goes no further: VS Code would hear it too. */
function take(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}

/** What an empty field shows, short enough for a narrow view where nothing else says it, and what it is called. */
function promptOf(model: ComposerModel): { placeholder: string; label: string } {
  const message = `Message ${model.agentName === '' ? 'the agent' : model.agentName}`;
  const both = (words: string) => ({ placeholder: words, label: words });
  if (model.lock?.kind === 'untrusted') return both('Trust this workspace to write here');
  if (model.lock?.kind === 'deleted') return both('Restore this session to write here');
  if (model.link.state !== 'connected') {
    const wait = `until the gateway is ${model.wasConnected ? 'back' : 'there'}`;
    return { placeholder: `Kept ${wait}`, label: `${message}. It waits ${wait}.` };
  }
  if (model.isQueueHeld) return { placeholder: 'Held until you press Send Now', label: `${message}. It is held until you press Send Now.` };
  if (model.isRunning) return { placeholder: 'Queued while this turn runs', label: `${message}. It is queued while this turn runs.` };
  return both(message);
}

customElements.define('logos-composer', Composer);
