import { expect, it } from 'vitest';
import { createToolSlots } from '../../../../../server/inference/wire/calls/toolSlots.ts';

const longArgs = `{"a":[${'1,'.repeat(28_000)}]}`;

it.each([
  ['another tool', { name: 'other' }],
  ['the same tool with whole arguments', { name: 'first', arguments: '{"b":1}' }],
])('a server that names %s over and over behind long arguments keeps nobody waiting', (_what, piece) => {
  const slots = createToolSlots(false);
  slots.read([{ index: 0, id: 'a', function: { name: 'first', arguments: longArgs } }]);
  const pieces = Array.from({ length: 100_000 }, () => ({ index: 0, function: piece }));
  expect(slots.read(pieces)).toHaveLength(pieces.length);
  expect(slots.count).toBe(1);
});
