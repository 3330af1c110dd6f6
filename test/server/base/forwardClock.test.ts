import { expect, it } from 'vitest';
import { createForwardClock } from '../../../server/base/forwardClock.ts';

it('a clock that only goes forward follows the wall clock, goes on by itself where that was set back, and follows it again', () => {
  let wall = 5_000_000;
  let tick = 100;
  const now = createForwardClock(() => wall, () => tick);
  const pass = (ms: number): void => {
    wall += ms;
    tick += ms;
  };
  pass(10);
  expect(now()).toBe(5_000_010);
  wall -= 3_600_000;
  pass(20);
  expect(now()).toBe(5_000_030);
  pass(5);
  expect(now()).toBe(5_000_035);
  wall += 3_600_000 + 500;
  expect(now()).toBe(5_000_535);
});
