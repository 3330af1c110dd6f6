import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowAtEnd, windowOf } from '../../webviews/chat/transcriptWindow.ts';

const heights = fc.array(fc.integer({ min: 20, max: 3000 }), { minLength: 1, maxLength: 400 });
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('the window of turns', () => {
  it('adds up to the whole height, wherever the view stands', () => {
    fc.assert(
      fc.property(heights, fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 100, max: 2000 }), (all, top, height) => {
        for (const window of [windowOf(all, { top, height }), windowAtEnd(all, height)]) {
          expect(window.above + sum(all.slice(window.start, window.end)) + window.below).toBe(sum(all));
          expect(window.end).toBeGreaterThan(window.start);
        }
      }),
    );
  });

  it('draws every turn that the view touches', () => {
    fc.assert(
      fc.property(heights, fc.nat(), fc.integer({ min: 100, max: 1000 }), (all, seed, height) => {
        const top = seed % Math.max(1, sum(all) - height);
        const window = windowOf(all, { top, height });
        expect(window.above).toBeLessThanOrEqual(top);
        expect(sum(all) - window.below).toBeGreaterThanOrEqual(Math.min(top + height, sum(all)));
      }),
    );
  });

  it('ends with the last turn for a reader who follows, and stays small in a long session', () => {
    const window = windowAtEnd(Array.from({ length: 5000 }, () => 120), 900);
    expect(window.end).toBe(5000);
    expect(window.end - window.start).toBeLessThan(20);
  });
});
