import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { Attempt, Message } from '../../server/protocol/messages.ts';
import { iconButton } from '../shared/button.ts';
import { copyButton } from './copyButton.ts';
import { countWords, durationWords } from './words.ts';

/** The figures under an answer: tokens in and out, speed, time; a figure that nobody gave is left out. */
export function usageFigures(attempt: Attempt): readonly { readonly text: string; readonly isWide: boolean }[] {
  const { usage, startedAt, endedAt } = attempt;
  const figures: { text: string; isWide: boolean }[] = [];
  if (usage !== undefined) {
    const estimated = usage.source === 'estimate' ? ' (estimated)' : '';
    figures.push({ text: `${countWords(usage.inputTokens)} in${estimated}`, isWide: false }, { text: `${countWords(usage.outputTokens)} out`, isWide: false });
    if (usage.tokensPerSecond !== undefined) figures.push({ text: `${usage.tokensPerSecond < 10 ? usage.tokensPerSecond.toFixed(1) : Math.round(usage.tokensPerSecond)} tok/s`, isWide: true });
  }
  if (endedAt !== undefined) figures.push({ text: durationWords(endedAt - startedAt), isWide: false });
  return figures;
}

/** Whether a part is text of the answer: words, or the reasoning behind the last call of an answer that has no other reply. */
export function isAnswerText({ parts, fromReasoning }: Message, at: number): boolean {
  const kind = parts[at]?.kind;
  return kind === 'text' || (kind === 'thinking' && fromReasoning === true && at > parts.findLastIndex((part) => part.kind === 'tool'));
}

/** The text of an answer as it was written, for Copy. */
export function answerText(message: Message | undefined): string {
  if (message === undefined) return '';
  return message.parts.flatMap((part, at) => ('text' in part && isAnswerText(message, at) ? [part.text] : [])).join('\n\n');
}

/** Draws the line under an answer that ended. `onRetry` is absent where something came after it. */
export function usageLine(attempt: Attempt, takeText: () => string, onRetry: (() => void) | undefined): TemplateResult {
  return html`<div class="usage meta">
    <span class="cut">${usageFigures(attempt).map((figure, index) => html`<span class=${figure.isWide ? 'wide' : ''}>${index === 0 ? '' : ' · '}${figure.text}</span>`)}</span>
    <span class="tools">${copyButton('Copy answer', takeText)}${onRetry === undefined ? nothing : iconButton('refresh', 'Retry', onRetry)}</span>
  </div>`;
}
