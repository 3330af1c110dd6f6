import { html } from 'lit';
import type { TemplateResult } from 'lit';

/** How an icon is tinted; the word beside it carries the meaning. */
export type Tone = 'ok' | 'working' | 'needs' | 'failed' | 'quiet' | 'plain';

/** A codicon, hidden from screen readers. `isTurning` makes it turn unless motion is reduced. */
export function icon(name: string, tone: Tone = 'plain', isTurning = false): TemplateResult {
  return html`<i class="codicon codicon-${name} ${tone}${isTurning ? ' spin' : ''}" aria-hidden="true"></i>`;
}

/** The ready dot: a filled circle of 8 px. */
export function readyDot(): TemplateResult {
  return html`<i class="dot" aria-hidden="true"></i>`;
}
