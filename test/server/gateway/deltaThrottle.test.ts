import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeltaThrottle, type ThrottleClock } from '../../../server/gateway/deltaThrottle.ts';

class ManualClock implements ThrottleClock {
  time = 0;
  #timers: { at: number; callback: () => void }[] = [];
  now = (): number => this.time;
  setTimer = (callback: () => void, delayMs: number): (() => void) => {
    const timer = { at: this.time + delayMs, callback };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((candidate) => candidate !== timer));
  };
  advance(ms: number): void {
    this.time += ms;
    const due = this.#timers.filter((timer) => timer.at <= this.time);
    this.#timers = this.#timers.filter((timer) => timer.at > this.time);
    for (const timer of due) timer.callback();
  }
}

function record(): { sent: [string, string][]; clock: ManualClock; throttle: DeltaThrottle<string> } {
  const sent: [string, string][] = [];
  const clock = new ManualClock();
  const throttle = new DeltaThrottle<string>((key, text) => sent.push([key, text]), (a, b) => a === b, { windowMs: 16, maxCharacters: 8 }, clock);
  return { sent, clock, throttle };
}

describe('the delta throttle', () => {
  it('sends at once when the last send is older than a window', () => {
    const { sent, clock, throttle } = record();
    throttle.push('a', 'one');
    clock.advance(20);
    throttle.push('a', 'two');
    expect(sent).toEqual([['a', 'one'], ['a', 'two']]);
  });

  it('merges what comes within a window and sends it at the end of the window', () => {
    const { sent, clock, throttle } = record();
    throttle.push('a', '1');
    throttle.push('a', '2');
    throttle.push('a', '3');
    expect(sent).toEqual([['a', '1']]);
    clock.advance(16);
    expect(sent).toEqual([['a', '1'], ['a', '23']]);
  });

  it('sends early when enough characters wait', () => {
    const { sent, throttle } = record();
    throttle.push('a', '1');
    throttle.push('a', '2345678');
    throttle.push('a', '9');
    expect(sent).toEqual([['a', '1'], ['a', '23456789']]);
  });

  it('never merges texts of different keys', () => {
    const { sent, throttle } = record();
    throttle.push('a', '1');
    throttle.push('a', '2');
    throttle.push('b', '3');
    throttle.flush();
    expect(sent).toEqual([['a', '1'], ['a', '2'], ['b', '3']]);
  });

  it('keeps order and content for any pushes and pauses', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b'), text: fc.string({ minLength: 1, maxLength: 5 }), pauseMs: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { sent, clock, throttle } = record();
        for (const { key, text, pauseMs } of steps) {
          throttle.push(key, text);
          clock.advance(pauseMs);
        }
        throttle.flush();
        const flat = (pairs: readonly (readonly [string, string])[]): string => pairs.map(([key, text]) => [...text].map((c) => key + c).join('')).join('');
        expect(flat(sent)).toBe(flat(steps.map(({ key, text }) => [key, text] as const)));
      }),
    );
  });
});
