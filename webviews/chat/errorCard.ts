import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { ErrorInfo } from '../../server/protocol/errors.ts';
import { button } from '../shared/button.ts';
import { icon } from '../shared/icon.ts';
import type { ChatActions } from './chatContext.ts';
import type { ErrorAction, ErrorWords } from './errorWords.ts';

/** What an error card needs to act. */
export interface ErrorCardModel {
  readonly key: string;
  readonly words: ErrorWords;
  readonly error: ErrorInfo | undefined;
  readonly turnId: string;
  /** Retry, Continue and New Session make sense: nothing came after this turn. */
  readonly canRetry: boolean;
  readonly areDetailsOpen: boolean;
}

const labels: Readonly<Record<ErrorAction, string>> = {
  retry: 'Retry',
  resume: 'Continue',
  newSession: 'New Session',
  showLogs: 'Show Log',
  startSandbox: 'Start Sandbox',
  checkSandboxes: 'Check Sandboxes',
  changeModel: 'Change Model',
  enterKey: 'Enter Key',
};

/** What goes on from a turn that failed. */
const onlyOfLast: ReadonlySet<ErrorAction> = new Set(['retry', 'resume', 'newSession']);

/** Draws an error where it happened: what happened, the next step, and what can be done now. */
export function errorCard(model: ErrorCardModel, actions: ChatActions): TemplateResult {
  const { words, error, key, areDetailsOpen } = model;
  const offered = words.actions.filter((action) => model.canRetry || !onlyOfLast.has(action));
  const sentence = model.canRetry ? words.sentence : words.cause;
  return html`<div class="notice${words.isNeutral || words.isMended ? '' : ' bad'}" data-stop data-anchor=${key} role="group" aria-label=${words.title}>
    ${signOf(words)}
    <div class="grow">
      <b dir="auto">${words.title}</b>
      ${sentence === '' ? nothing : html`<p dir="auto">${sentence}</p>`}
      <div class="acts">
        ${offered.map((action, index) => button({ label: labels[action], kind: model.canRetry && index === 0 && action !== 'showLogs' ? 'first' : 'second', run: () => act(action, model, actions) }))}
        ${error === undefined ? nothing : html`<button type="button" class="btn link" aria-expanded=${areDetailsOpen} @click=${() => actions.fold(key, !areDetailsOpen)}>Details</button>`}
      </div>
      ${areDetailsOpen && error !== undefined ? html`<pre class="details" dir="ltr" tabindex="0" role="region" aria-label="Details">${detailsText(error)}</pre>` : nothing}
    </div>
  </div>`;
}

function signOf({ isNeutral, isMended }: ErrorWords): TemplateResult {
  if (isMended) return icon('check', 'ok');
  return isNeutral ? icon('debug-pause', 'quiet') : icon('error', 'failed');
}

function act(action: ErrorAction, model: ErrorCardModel, actions: ChatActions): void {
  switch (action) {
    case 'retry':
    case 'resume':
      return actions.retry(model.turnId, action);
    case 'startSandbox':
      return actions.startSandbox();
    case 'newSession':
      return actions.newSession();
    case 'changeModel':
      return actions.changeModel();
    case 'enterKey':
      return actions.enterKey();
    default:
      return actions.run(action, {});
  }
}

function detailsText(error: ErrorInfo): string {
  const details = error.details === undefined ? [] : [JSON.stringify(error.details, undefined, 2).slice(0, 8000)];
  return [`${error.class} (${error.cause})`, error.message, error.hint, ...details].filter((line) => line !== '').join('\n');
}
