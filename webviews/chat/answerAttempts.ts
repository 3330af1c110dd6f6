import type { Attempt, Turn } from '../../server/protocol/messages.ts';
import { answerText } from './usageLine.ts';

/** The place of the first attempt that the answer consists of: one that was resumed is its beginning. */
export function firstShown(attempts: readonly Attempt[]): number {
  return Math.max(0, attempts.findLastIndex(({ mode }) => mode !== 'resume'));
}

/** The text of an answer over all attempts that it consists of, for Copy. */
export function writtenText({ attempts }: Turn): string {
  return attempts.slice(firstShown(attempts)).map(({ message }) => answerText(message)).join('');
}
