import { describe, expect, it } from 'vitest';
import { earlierShown } from '../../webviews/chat/answerAttempts.ts';
import { endedTurn, textPart } from '../support/chatScenes.ts';
import type { Attempt, Part, TurnOutcome } from '../../server/protocol/messages.ts';

const attempt = (number: number, outcome: TurnOutcome, parts: Part[], mode: Attempt['mode'] = number === 1 ? 'first' : 'retry'): Attempt => {
  const [made] = endedTurn('session', 1, 'hi', parts, { outcome }).attempts;
  if (made === undefined) throw new Error('A turn that ended has an attempt.');
  return { ...made, number, mode };
};
const numbers = (attempts: readonly Attempt[]): number[] => earlierShown(attempts).map(({ number }) => number);

describe('Earlier attempts', () => {
  it('are those before the one that the answer begins with', () => {
    expect(numbers([attempt(1, 'failed', []), attempt(2, 'stopped', [textPart('Half')]), attempt(3, 'completed', [textPart('Whole')], 'resume')])).toEqual([1]);
  });

  it('leave out what the end of a gateway caught before anything came, and keep what had come', () => {
    expect(numbers([attempt(1, 'interrupted', []), attempt(2, 'interrupted', [textPart('Half')]), attempt(3, 'completed', [textPart('Whole')])])).toEqual([2]);
  });
});
