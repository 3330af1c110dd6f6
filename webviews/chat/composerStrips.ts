import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { messageText } from '../../server/protocol/transcript.ts';
import { maxMessageChars } from '../../server/protocol/messageLimit.ts';
import { button, iconButton } from '../shared/button.ts';
import { icon } from '../shared/icon.ts';
import { monotonicMs } from '../shared/monotonic.ts';
import type { ComposerActions } from './composerActions.ts';
import { isAnswering } from './chatState.ts';
import { provisioningWords } from './composerModel.ts';
import type { ComposerLock, ComposerModel } from './composerModel.ts';
import { countedSeconds, countWords, withoutStop } from './words.ts';

const shownQueued = 3;
const explainAfterMs = 10_000;

/** Draws what stands above the text: what holds it, a failure, and the messages that wait. */
export function composerStrips(model: ComposerModel, actions: ComposerActions, showsAll: boolean, toggleAll: () => void): TemplateResult {
  return html`<div id="composer-strips">
    ${model.failure === undefined ? nothing : failureStrip(model.failure.message, model.failure.hint, actions)}
    ${isAnswering(model.link) ? nothing : offlineStrip(model, actions)} ${model.lock === undefined ? nothing : lockStrip(model.lock, actions)}
    ${model.tooLong === undefined ? nothing : lengthStrip(model.tooLong)} ${model.isEditing ? editStrip(actions) : nothing} ${model.queue.length + model.pendingQueue.length === 0 ? nothing : queueStrip(model, actions, showsAll, toggleAll)}
  </div>`;
}

function failureStrip(message: string, hint: string, actions: ComposerActions): TemplateResult {
  return html`<div class="strip">${icon('error', 'failed')}<span class="grow" dir="auto">${message} ${hint}</span>${iconButton('close', 'Dismiss', () => actions.dismissFailure())}</div>`;
}

/** Said aloud as soon as the text is too long, before anybody tries to send it. */
function lengthStrip(chars: number): TemplateResult {
  return html`<div class="strip" role="alert">
    ${icon('error', 'failed')}<span class="grow failed">This is too long to send: ${countWords(chars)} of ${countWords(maxMessageChars)} characters. Shorten it by ${countWords(chars - maxMessageChars)}; nothing was cut.</span>
  </div>`;
}

function offlineStrip(model: ComposerModel, actions: ComposerActions): TemplateResult {
  const { cause, since, isSilent } = model.link;
  const ms = since === undefined ? 0 : monotonicMs() - since;
  const isLong = ms >= explainAfterMs;
  const words = isSilent ? `The gateway has not answered for ${countedSeconds(ms)}. Messages wait here.` : model.wasConnected ? 'Reconnecting to the gateway. Messages wait here.' : 'Connecting to the gateway. Messages wait here.';
  return html`<div class="strip">
    ${icon('debug-disconnect', 'needs')}<span class="grow">${words}${isLong && cause !== undefined ? ` ${withoutStop(cause)}.` : ''}</span>
    ${isLong ? button({ label: 'Restart Gateway', kind: 'second', run: () => actions.run('restartGateway') }) : nothing}
  </div>`;
}

function lockStrip(lock: ComposerLock, actions: ComposerActions): TemplateResult {
  switch (lock.kind) {
    case 'provisioning':
      return html`<div class="strip">${icon('lock-small')}<span class="grow">${provisioningWords}</span></div>`;
    case 'failed':
      return html`<div class="strip">
        ${icon('error', 'failed')}<span class="grow failed" dir="auto">Start the sandbox to go on. It failed: ${lock.cause}.</span>
        ${lock.canStart
          ? button({ label: 'Start Sandbox', kind: 'second', run: () => actions.startSandbox() })
          : button({ label: 'Check Sandboxes', kind: 'second', run: () => actions.run('checkSandboxes') })}
      </div>`;
    case 'untrusted':
      return html`<div class="strip">
        ${icon('shield', 'needs')}<span class="grow">Trust this workspace to run agents. Reading past sessions works.</span>
        ${button({ label: 'Manage Trust', kind: 'second', run: () => actions.run('manageTrust') })}
      </div>`;
    case 'deleted':
      return html`<div class="strip">
        ${icon('trash', 'quiet')}<span class="grow">This session was deleted. Restore it to go on.</span>
        ${button({ label: 'Restore', kind: 'second', run: () => actions.restore(lock.sessionId) })}
      </div>`;
  }
}

function editStrip(actions: ComposerActions): TemplateResult {
  return html`<div class="strip">${icon('edit')}<span class="grow">Changing a queued message</span>${button({ label: 'Cancel', kind: 'link', run: () => actions.cancelEdit() })}</div>`;
}

function queueStrip(model: ComposerModel, actions: ComposerActions, showsAll: boolean, toggleAll: () => void): TemplateResult {
  const all = model.queue.length + model.pendingQueue.length;
  const rows = [
    ...model.queue.map(({ message }) => ({
      id: message.id,
      row: queueRow(messageText(message), !model.isQueueOpen ? [] : [
        iconButton('edit', 'Edit queued message', () => actions.beginEdit(message.id)),
        iconButton('close', 'Remove queued message', () => actions.removeQueued(message.id)),
      ]),
    })),
    ...model.pendingQueue.map((message) => ({ id: message.messageId, row: queueRow(message.text, []) })),
  ];
  const hidden = showsAll ? 0 : Math.max(0, rows.length - shownQueued);
  return html`<div class="queue" role="group" aria-label="Queued messages">
    <div class="qhead meta">
      <span class="grow">${countWords(all)} queued, ${queueWords(model)}</span>
      ${model.isQueueHeld && model.isQueueOpen ? button({ label: 'Send Now', kind: 'second', run: () => actions.sendQueued() }) : nothing}
    </div>
    ${repeat(hidden > 0 ? rows.slice(0, shownQueued) : rows, ({ id }) => id, ({ row }) => row)}
    ${rows.length > shownQueued ? html`<button type="button" class="btn link" @click=${toggleAll}>${hidden > 0 ? `and ${countWords(hidden)} more` : 'Show less'}</button>` : nothing}
  </div>`;
}

function queueWords(model: ComposerModel): string {
  if (model.isQueueHeld) return model.heldWords;
  return model.link.state === 'connected' ? 'sent when this turn ends' : 'waiting for the gateway';
}

function queueRow(text: string, buttons: readonly TemplateResult[]): TemplateResult {
  const line = text.trim().split('\n')[0] ?? '';
  return html`<div class="qrow"><span class="cut grow" dir="auto" title=${text.slice(0, 500)}>${line.slice(0, 300)}</span>${buttons}</div>`;
}
