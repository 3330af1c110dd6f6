import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RestWatch } from '../../../server/base/restWatch.ts';

describe('RestWatch', () => {
  let rests = 0;
  let hasWork = false;
  let watch: RestWatch;

  beforeEach(() => {
    vi.useFakeTimers();
    rests = 0;
    hasWork = false;
    watch = new RestWatch({ quietMs: 1_000, hasWork: () => hasWork }, () => (rests += 1));
  });

  afterEach(() => {
    watch.dispose();
    vi.useRealTimers();
  });

  it('says once that nothing has happened, however long nothing does', () => {
    vi.advanceTimersByTime(999);
    expect(rests).toBe(0);
    vi.advanceTimersByTime(1);
    expect(rests).toBe(1);
    vi.advanceTimersByTime(100_000);
    expect(rests).toBe(1);
  });

  it('waits anew after each thing that happens, and says it again after a later one', () => {
    vi.advanceTimersByTime(900);
    watch.touch();
    vi.advanceTimersByTime(999);
    expect(rests).toBe(0);
    vi.advanceTimersByTime(1);
    watch.touch();
    vi.advanceTimersByTime(1_000);
    expect(rests).toBe(2);
  });

  it('leaves work alone, and lets a whole quiet time pass after it', () => {
    hasWork = true;
    vi.advanceTimersByTime(10_900);
    hasWork = false;
    vi.advanceTimersByTime(1_000);
    expect(rests).toBe(0);
    vi.advanceTimersByTime(100);
    expect(rests).toBe(1);
  });

  it('is silent once disposed, also when something still happens', () => {
    watch.dispose();
    watch.touch();
    vi.advanceTimersByTime(10_000);
    expect(rests).toBe(0);
  });
});
