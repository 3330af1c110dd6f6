import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OutputTicks } from '../../../server/gateway/outputTicks.ts';

describe('What turns have to store', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Who may store, in this order. */
  function rig() {
    const ticks = new OutputTicks();
    const stored: string[] = [];
    const turns: Record<string, object> = { a: {}, b: {}, c: {} };
    const ask = (name: string): void => void ticks.next(turns[name] ?? {}).then(() => stored.push(name));
    return { ask, stored };
  }

  it('waits for nothing when one turn streams alone', async () => {
    const { ask, stored } = rig();
    for (let count = 0; count < 3; count += 1) ask('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(stored).toEqual(['a', 'a', 'a']);
  });

  it('is gathered for half a frame when others stream too, and nobody waits longer than that', async () => {
    const { ask, stored } = rig();
    ask('a');
    ask('b');
    await vi.advanceTimersByTimeAsync(1);
    ask('c');
    ask('a');
    expect(stored).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(8);
    expect(stored).toEqual(['a', 'b', 'c', 'a']);
  });

  it('is stored at once again after a pause', async () => {
    const { ask, stored } = rig();
    ask('a');
    await vi.advanceTimersByTimeAsync(20);
    ask('b');
    await vi.advanceTimersByTimeAsync(0);
    expect(stored).toEqual(['a', 'b']);
  });
});
