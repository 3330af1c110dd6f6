import { html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { Attempt, Message, Part, Turn } from '../../server/protocol/messages.ts';
import { cutAtLimit, readCut } from '../../server/protocol/cutAnswer.ts';
import { messageText } from '../../server/protocol/transcript.ts';
import { button } from '../shared/button.ts';
import { gatewayClock } from '../shared/gatewayClock.ts';
import { icon } from '../shared/icon.ts';
import { monotonicMs } from '../shared/monotonic.ts';
import { SecondsClock } from '../shared/secondsClock.ts';
import { StepElement } from '../shared/stepElement.ts';
import './brokenStep.ts';
import './textStep.ts';
import './thinkingRow.ts';
import './toolRow.ts';
import './userMessage.ts';
import { earlierShown, firstShown, writtenText } from './answerAttempts.ts';
import type { ChatActions } from './chatContext.ts';
import { errorCard } from './errorCard.ts';
import { cardWords, errorWords, newKeyWords, serverWithNewKey } from './errorWords.ts';
import { phaseWords, waitingWords, withSeconds } from './phaseWords.ts';
import { stepKey } from './stepKey.ts';
import { answerText, isAnswerText, usageLine } from './usageLine.ts';
import { clockWords, plural, withoutStop } from './words.ts';

const silentAfterMs = 5_000;

/** One exchange: what a person wrote, the answer's steps, how it ended, and what it took. */
export class TurnElement extends StepElement {
  static override properties = { turn: {}, canGoOn: {}, reservesTail: {}, setSize: {}, folds: {}, actions: {}, agentName: {}, model: {}, keysTaken: {} };
  declare turn: Turn | undefined;
  /** Nothing came after it in a session that can be written in: it can be retried and continued. */
  declare canGoOn: boolean;
  /** Nothing comes after it: its end has the same room whatever stands there. */
  declare reservesTail: boolean;
  /** How many turns the session has; -1 while older ones are not read. */
  declare setSize: number;
  declare folds: Readonly<Record<string, boolean>>;
  declare actions: ChatActions | undefined;
  declare agentName: string;
  /** The model that answers, by name. */
  declare model: string | undefined;
  /** See the state of the chat. */
  declare keysTaken: Readonly<Record<string, number>>;
  /** When the page last heard of this turn, in ms of `monotonicMs`. */
  #heardAt = 0;

  constructor() {
    super();
    this.turn = undefined;
    this.canGoOn = false;
    this.reservesTail = false;
    this.setSize = -1;
    this.folds = {};
    this.actions = undefined;
    this.agentName = '';
    this.model = undefined;
    this.keysTaken = {};
    new SecondsClock(this, () => this.turn?.state === 'running');
  }

  protected override rawText(): string {
    return JSON.stringify(this.turn, undefined, 2);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('turn')) this.#heardAt = monotonicMs();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { turn, actions } = this;
    if (turn === undefined || actions === undefined) return nothing;
    const attempt = turn.attempts.at(-1);
    const first = firstShown(turn.attempts);
    const earlier = earlierShown(turn.attempts);
    const resumed = turn.attempts.slice(first, -1);
    return html`<article class="turn" aria-setsize=${this.setSize} aria-posinset=${turn.ordinal} aria-label=${messageText(turn.message).slice(0, 80)}>
      <logos-user .text=${messageText(turn.message)} .anchor=${turn.message.id}></logos-user>
      ${[...new Set(turn.notices)].filter((notice) => attempt?.outcome !== 'completed' || !readCut(notice).isCut).map((notice) => html`<div class="mark meta">${icon('info', 'quiet')}<span class="grow" dir="auto">${notice}</span></div>`)}
      ${earlier.length === 0 ? nothing : this.#earlier(turn, earlier)}
      ${resumed.map((one) => html`${this.#steps(one, false)}<div class="mark meta">${icon(one.outcome === 'stopped' ? 'debug-stop' : 'debug-disconnect', 'quiet')}<span class="grow">${one.outcome === 'completed' ? 'The model reached its limit for one answer' : endWords(one)}, continued here</span></div>`)}
      ${attempt === undefined ? nothing : this.#attempt(turn, attempt, actions)}
    </article>`;
  }

  #earlier(turn: Turn, attempts: readonly Attempt[]): TemplateResult {
    const key = `attempts:${turn.id}`;
    const isOpen = this.folds[key] ?? false;
    return html`<div class="earlier" data-anchor=${key}>
      <button type="button" class="step" data-stop aria-expanded=${isOpen} @click=${() => this.actions?.fold(key, !isOpen)}>
        ${icon(isOpen ? 'chevron-down' : 'chevron-right')}<span class="label">${plural(attempts.length, 'earlier attempt')}</span>
        <span class="cut">${isOpen ? '' : endWords(attempts.at(-1))}</span>
      </button>
      ${isOpen ? html`<div class="nest">${attempts.map((attempt) => html`${this.#steps(attempt, false)}<div class="mark meta">${endWords(attempt)}</div>`)}</div>` : nothing}
    </div>`;
  }

  #attempt(turn: Turn, attempt: Attempt, actions: ChatActions): TemplateResult {
    const isRunning = turn.state === 'running';
    const end = isRunning ? html`${this.#phase(turn, attempt)} ${this.#silence(attempt)}` : this.#end(turn, attempt, actions);
    return html`${this.#steps(attempt, isRunning)}
      <div class="tail${this.reservesTail ? ' reserved' : ''}">${end}</div>`;
  }

  #steps(attempt: Attempt, isRunning: boolean): readonly unknown[] {
    const { message } = attempt;
    if (message === undefined) return [];
    return message.parts.map((part, at) => {
      const isReasonedAnswer = part.kind === 'thinking' && isAnswerText(message, at);
      return isReasonedAnswer ? this.#reasonedAnswer(part.text, stepKey(message.id, part)) : this.#step(message, part, isRunning && at === message.parts.length - 1);
    });
  }

  #reasonedAnswer(text: string, key: string): TemplateResult {
    return html`<div class="meta">The model sent no answer; this is its thinking.</div><logos-text .key=${key} .text=${text}></logos-text>`;
  }

  #step(message: Message, part: Part, isLive: boolean): TemplateResult | typeof nothing {
    const key = stepKey(message.id, part);
    switch (part.kind) {
      case 'text':
        return part.text.trim() === '' ? nothing : html`<logos-text .key=${key} .text=${part.text} .isLive=${isLive}></logos-text>`;
      case 'thinking':
        return part.text.trim() === '' ? nothing : html`<logos-thinking .key=${key} .thought=${part} .isLive=${isLive && part.durationMs === undefined} .fold=${this.folds[key]}></logos-thinking>`;
      case 'tool':
        return html`<logos-tool .key=${key} .call=${part} .fold=${this.folds[key]}></logos-tool>`;
      default:
        return nothing;
    }
  }

  /** The word of what it does, as long as no step shows it. */
  #phase(turn: Turn, attempt: Attempt): TemplateResult | typeof nothing {
    const last = attempt.message?.parts.at(-1);
    const isShownByStep =
      (last?.kind === 'tool' && last.state === 'running') || (last?.kind === 'text' && turn.phase === 'answering') || (last?.kind === 'thinking' && turn.phase === 'thinking');
    if (isShownByStep && !turn.isStopping) return nothing;
    const words = turn.isStopping ? 'Stopping…' : phaseWords(turn, this.model, gatewayClock.now());
    return html`<div class="step still" data-anchor=${`phase:${turn.id}`}>${icon(turn.phase === 'sandbox' ? 'loading' : 'session-in-progress', 'working', true)}<span class="cut">${words}</span></div>`;
  }

  /** An answer that has stood still for a while says who is waited for, in the room of the line at its end. */
  #silence(attempt: Attempt): TemplateResult | typeof nothing {
    const ms = monotonicMs() - this.#heardAt;
    if (ms < silentAfterMs || this.turn?.isStopping || attempt.message?.parts.at(-1)?.kind !== 'text' || this.turn?.phase !== 'answering') return nothing;
    return html`<div class="usage meta"><span class="cut">${withSeconds(waitingWords(this.model), ms)}</span></div>`;
  }

  #end(turn: Turn, attempt: Attempt, actions: ChatActions): TemplateResult {
    const canRetry = this.canGoOn;
    const hasAnswer = answerText(attempt.message).trim() !== '';
    const line = attempt.usage !== undefined || (hasAnswer && attempt.outcome !== 'failed') ? usageLine(attempt, () => writtenText(turn), canRetry ? () => actions.retry(turn.id, 'retry') : undefined) : nothing;
    return html`${this.#outcome(turn, attempt, actions, canRetry)} ${line}`;
  }

  /** Where an answer stops that is not done, and why. */
  #cut(notice: string | undefined, goOn: (() => void) | undefined): TemplateResult | typeof nothing {
    if (notice === undefined) return nothing;
    const words = notice === cutAtLimit ? 'The answer stops here because the model reached its limit for one answer.' : notice;
    return html`<div class="mark meta" data-stop role="group" aria-label="Cut short">
      ${icon('info', 'needs')}<span class="grow" dir="auto">${words}</span>
      ${goOn !== undefined && readCut(notice).canGoOn ? button({ label: 'Continue', kind: 'second', run: goOn }) : nothing}
    </div>`;
  }

  #outcome(turn: Turn, attempt: Attempt, actions: ChatActions, canRetry: boolean): TemplateResult | typeof nothing {
    const retry = (mode: 'retry' | 'resume') => () => actions.retry(turn.id, mode);
    switch (attempt.outcome) {
      case 'completed':
        return this.#cut(turn.notices?.findLast((notice) => readCut(notice).isCut), canRetry ? retry('resume') : undefined);
      case 'stopped':
        return html`<div class="mark meta" data-stop role="group" aria-label="Stopped">
          ${icon('debug-stop', 'quiet')}<span class="grow">Stopped by you${attempt.endedAt === undefined ? '' : `, ${clockWords(attempt.endedAt)}`}</span>
          ${canRetry ? button({ label: 'Continue', kind: 'second', run: retry('resume') }) : nothing}
        </div>`;
      case 'interrupted':
        return html`<div class="mark meta" data-stop role="group" aria-label="Interrupted">
          ${icon('debug-disconnect', 'needs')}<span class="grow" dir="auto">Interrupted: ${withoutStop(attempt.error?.message ?? `the gateway ended while ${this.agentName} was answering`)}.</span>
          ${canRetry ? html`<span class="ways">${button({ label: 'Continue', kind: 'first', run: retry('resume') })}${button({ label: 'Retry', kind: 'second', run: retry('retry') })}</span>` : nothing}
        </div>`;
      default: {
        const key = `error:${turn.id}:${attempt.number}`;
        const { error } = attempt;
        const server = serverWithNewKey(attempt, this.keysTaken);
        const words = server === undefined ? cardWords(attempt, writtenText(turn).trim() !== '') : newKeyWords(server);
        return errorCard({ key, words, error, turnId: turn.id, canRetry, areDetailsOpen: this.folds[key] ?? false }, actions);
      }
    }
  }
}

/** How an earlier attempt ended, in a few words. */
function endWords(attempt: Attempt | undefined): string {
  switch (attempt?.outcome) {
    case 'completed':
      return 'Completed';
    case 'stopped':
      return 'Stopped by you';
    case 'interrupted':
      return 'Interrupted';
    case undefined:
      return '';
    case 'iterations_spent':
      return 'Stopped at its limit';
    default:
      return attempt?.error === undefined ? 'Failed' : errorWords(attempt.error).title;
  }
}

customElements.define('logos-turn', TurnElement);
