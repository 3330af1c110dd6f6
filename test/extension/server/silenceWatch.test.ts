import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SilenceWatch } from '../../../extension/server/silenceWatch.ts';

describe('a gateway', () => {
  let asked: number;
  let answers: boolean;
  let watch: SilenceWatch;
  let told: boolean[];

  beforeEach(() => {
    vi.useFakeTimers();
    asked = 0;
    answers = true;
    told = [];
    watch = new SilenceWatch(
      async () => {
        asked += 1;
        if (!answers) await new Promise(() => undefined);
        watch.heard();
      },
      (error) => {
        throw error;
      },
    );
    watch.onDidChange((isSilent) => told.push(isSilent));
  });
  afterEach(() => {
    watch.dispose();
    vi.useRealTimers();
  });

  it('is asked nothing and is never silent while nobody waits for it', async () => {
    answers = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked, told]).toEqual([0, []]);
  });

  it('that is slow with one request and answers another is not silent', async () => {
    watch.expect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([]);
    expect(asked).toBeGreaterThan(10);
  });

  it('that answers nothing for five seconds is silent, and is back with its first word', async () => {
    answers = false;
    watch.expect();
    await vi.advanceTimersByTimeAsync(4_000);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(told).toEqual([true]);
    expect(watch.quietMs).toBeGreaterThanOrEqual(5_000);
    expect(asked).toBe(1);
    watch.heard();
    expect(told).toEqual([true, false]);
  });

  it('that nobody waits for any more is not called silent', async () => {
    answers = false;
    const [first, second] = [watch.expect(), watch.expect()];
    await vi.advanceTimersByTimeAsync(6_000);
    first.dispose();
    first.dispose();
    expect(watch.isSilent).toBe(true);
    second.dispose();
    expect(watch.isSilent).toBe(false);
  });
});
