import type { Attempt, Turn } from '../../server/protocol/messages.ts';
import { answerText } from './usageLine.ts';

/** The place of the first attempt that the answer consists of: one that was resumed is its beginning. */
export function firstShown(attempts: readonly Attempt[]): number {
  return Math.max(0, attempts.findLastIndex(({ mode }) => mode !== 'resume'));
}

/** Attempts from before the answer that are worth a look: one that the end of a gateway caught before its worker began has nothing to show. */
export function earlierShown(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.slice(0, firstShown(attempts)).filter(({ outcome, message }) => outcome !== 'interrupted' || (message?.parts.length ?? 0) > 0);
}

/** The text of an answer over all attempts that it consists of, for Copy. */
export function writtenText({ attempts }: Turn): string {
  return attempts.slice(firstShown(attempts)).map(({ message }) => answerText(message)).join('');
}
