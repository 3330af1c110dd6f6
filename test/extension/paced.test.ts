import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Paced } from '../../extension/paced.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('runs at once after a quiet time, and once for all that came during the pause', () => {
  const task = vi.fn();
  const paced = new Paced(task, 1_000);
  for (let news = 0; news < 50; news += 1) paced.tell();
  expect(task).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(task).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(60_000);
  expect(task).toHaveBeenCalledTimes(2);
  paced.tell();
  expect(task).toHaveBeenCalledTimes(3);
});

it('runs no more once it is disposed', () => {
  const task = vi.fn();
  const paced = new Paced(task, 1_000);
  paced.tell();
  paced.tell();
  paced.dispose();
  vi.advanceTimersByTime(60_000);
  expect(task).toHaveBeenCalledTimes(1);
});
