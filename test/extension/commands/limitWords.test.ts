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

  it('say what a limit may be when a text is nothing of that', () => {
    const limit = { unit: 'bytes', least: 256 * 1024 ** 2, most: 1024 * gibibyte } as const;
    expect(checkLimit('1 GiB', limit)).toBeUndefined();
    expect(checkLimit('1 MiB', limit)).toBe('Write a value between 256 MiB and 1 TiB.');
    expect(checkLimit('2 TiB', limit)).toBe('Write a value between 256 MiB and 1 TiB.');
  });
});
