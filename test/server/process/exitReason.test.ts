import { expect, it } from 'vitest';
import { exitReason, signalOf } from '../../../server/process/exitReason.ts';

it.each([
  [{ code: 0, signal: null }, 'exit 0', undefined],
  [{ code: 3, signal: null }, 'exit 3', undefined],
  [{ code: 137, signal: null }, 'exit 137 (SIGKILL)', 'SIGKILL'],
  [{ code: 255, signal: null }, 'exit 255', undefined],
  [{ code: null, signal: 'SIGTERM' as const }, 'killed by SIGTERM', 'SIGTERM'],
])('%j is told as %s', (exit, text, signal) => {
  expect(exitReason(exit)).toBe(text);
  expect(signalOf(exit)).toBe(signal);
});
