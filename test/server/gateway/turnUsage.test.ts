import { describe, expect, it } from 'vitest';
import { sumUsage } from '../../../server/gateway/turnUsage.ts';
import type { ModelCallReport } from '../../../server/inference/route.ts';

const report = (change: Partial<ModelCallReport>): ModelCallReport => ({
  usage: { inputTokens: 10, outputTokens: 5, source: 'server' },
  startedAt: 0,
  firstThoughtMs: undefined,
  firstAnswerMs: undefined,
  durationMs: 1,
  tokensPerSecond: undefined,
  error: undefined,
  finish: 'stop',
  ...change,
});

describe('the usage of a turn', () => {
  it('is unknown while no call was counted', () => {
    expect(sumUsage([])).toBeUndefined();
    expect(sumUsage([report({ usage: undefined })])).toBeUndefined();
  });

  it('adds up the calls and keeps the first times and the last speed', () => {
    const usage = sumUsage([report({ firstThoughtMs: 40, tokensPerSecond: 20 }), report({ firstAnswerMs: 70, tokensPerSecond: 30, usage: { inputTokens: 1, outputTokens: 2, reasoningTokens: 3, source: 'server' } })]);
    expect(usage).toEqual({ inputTokens: 11, outputTokens: 7, reasoningTokens: 3, source: 'server', firstThoughtMs: 40, firstAnswerMs: 70, tokensPerSecond: 30, modelCalls: 2 });
  });

  it('is an estimate as soon as one call was estimated', () => {
    expect(sumUsage([report({}), report({ usage: { inputTokens: 1, outputTokens: 1, source: 'estimate' } })])?.source).toBe('estimate');
  });
});
