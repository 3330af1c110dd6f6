import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../../../server/inference/wire/estimateTokens.ts';

describe('the estimate of tokens', () => {
  it('counts four Latin letters as one, and each sign of a script without spaces for itself', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('abcd')).toBe(1);
    expect(estimateTokens('漢字漢字')).toBe(4);
  });
});
