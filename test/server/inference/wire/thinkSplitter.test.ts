import { expect, it } from 'vitest';
import { createThinkSplitter } from '../../../../server/inference/wire/thinkSplitter.ts';

it('white space without end before an answer is given out as text and not held', () => {
  const splitter = createThinkSplitter(false);
  let given = 0;
  for (let count = 0; count < 1000; count += 1) for (const { text } of splitter.push(' '.repeat(100))) given += text.length;
  expect(given).toBeGreaterThan(90_000);
});
