import { describe, expect, it } from 'vitest';
import { checkLimit, limitText, readLimit } from '../../../extension/commands/limitWords.ts';

const gibibyte = 1024 ** 3;

describe('the words of a limit', () => {
  it.each([
    [2 * gibibyte, 'bytes', '2 GiB'],
    [1.5 * gibibyte, 'bytes', '1,536 MiB'],
    [1000, 'bytes', '1,000 B'],
    [120_000, 'ms', '2 min'],
    [90_000, 'ms', '90 s'],
    [86_400_000, 'ms', '24 h'],
    [20_000_000, 'count', '20,000,000'],
  ] as const)('show %d %s as %s, and read that as the same', (value, unit, text) => {
    expect(limitText(value, unit)).toBe(text);
    expect(readLimit(text, unit)).toBe(value);
  });

  it.each([
    ['4 gb', 'bytes', 4 * gibibyte],
    ['0.5G', 'bytes', gibibyte / 2],
    ['65536', 'bytes', 65_536],
    ['5m', 'ms', 300_000],
    ['1_000', 'count', 1000],
    [' 12 ', 'count', 12],
  ] as const)('take %s as people write it', (text, unit, value) => expect(readLimit(text, unit)).toBe(value));

  it.each(['', 'many', '-1', '1.2.3', '4 min', '2 GiB and more', '9e9', '99999999999999999999'])('take no %j for a size or a count', (text) => {
    if (text !== '2 GiB and more') expect(readLimit(text, 'count')).toBeUndefined();
    expect(readLimit(text, 'bytes')).toBeUndefined();
  });

  it.each([
    ['bytes', 256 * 1024 ** 2, 1024 * gibibyte, '1 MiB', '1 GiB', 'Write a size between 256 MiB and 1 TiB, in B, KiB, MiB, GiB or TiB.'],
    ['ms', 1000, 86_400_000, '2 days', '2 h', 'Write a time between 1 s and 24 h, in ms, s, min or h.'],
    ['count', 1, 1024, '5 GiB', '1,000', 'Write a number between 1 and 1,024, without a unit.'],
  ] as const)('name the range and the units when a text is no value in %s, and take each of those units', (unit, least, most, wrong, right, sentence) => {
    const limit = { unit, least, most };
    expect(checkLimit(wrong, limit)).toBe(sentence);
    expect(checkLimit('', limit)).toBe(sentence);
    expect(checkLimit(right, limit)).toBeUndefined();
    for (const word of sentence.split(', ').at(-1)?.match(/\b(?:[KMGT]i)?B\b|\b(?:ms|s|min|h)\b/g) ?? []) expect(readLimit(`1 ${word}`, unit)).toBeGreaterThan(0);
  });
});
