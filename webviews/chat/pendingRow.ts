import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { icon } from '../shared/icon.ts';
import type { ChatActions } from './chatContext.ts';
import type { PendingMessage } from './chatState.ts';
import { copyButton } from './copyButton.ts';
import './userMessage.ts';

/** Draws a message that the gateway has not stored yet: it looks written, and says what holds it. */
export function pendingRow(message: PendingMessage, isConnected: boolean, actions: ChatActions | undefined): TemplateResult {
  return html`<logos-user class="pending" .text=${message.text} .anchor=${message.messageId} .note=${pendingNote(message, isConnected, actions)}></logos-user>`;
}

function pendingNote(message: PendingMessage, isConnected: boolean, actions: ChatActions | undefined): TemplateResult | undefined {
  const { messageId, error } = message;
  if (error !== undefined) {
    return html`<div class="note meta">
      ${icon('error', 'failed')}<span class="grow failed" dir="auto">${error.message} ${error.hint}</span>
      ${error.retryable ? html`<button type="button" class="btn link" @click=${() => actions?.resend(messageId)}>Send Again</button>` : nothing}
      ${copyButton('Copy message', () => message.text, 'Copy')}
      <button type="button" class="btn link" @click=${() => actions?.removePending(messageId)}>Remove</button>
    </div>`;
  }
  if (!isConnected && !message.isStored) {
    return html`<div class="note meta">
      ${icon('history', 'quiet')}<span class="grow">Not sent yet. It is sent when the gateway is back.</span>
      <button type="button" class="btn link" @click=${() => actions?.removePending(messageId)}>Remove</button>
    </div>`;
  }
  return undefined;
}

/** What stands below the messages on their way, in the room that their answer will take. A style sheet shows the words after 400 ms: the usual quick answer draws nothing. */
export function pendingTail(messages: readonly PendingMessage[], isConnected: boolean): TemplateResult | typeof nothing {
  if (messages.length === 0) return nothing;
  const isOnItsWay = isConnected && messages.some(({ error }) => error === undefined);
  return html`<div class="tail reserved">${isOnItsWay ? html`<div class="step still late">Sending…</div>` : nothing}</div>`;
}
