import type { Limit } from '../../server/protocol/limits.ts';

type Unit = Limit['unit'];

/** What a person may write behind a figure, with its size; the first of a size is the one that is shown. */
const sizes: Readonly<Record<Unit, readonly (readonly [word: string, size: number])[]>> = {
  bytes: [
    ...[['TiB', 1024 ** 4], ['GiB', 1024 ** 3], ['MiB', 1024 ** 2], ['KiB', 1024], ['B', 1]] as const,
    ...[['TB', 1024 ** 4], ['GB', 1024 ** 3], ['MB', 1024 ** 2], ['KB', 1024]] as const,
    ...[['T', 1024 ** 4], ['G', 1024 ** 3], ['M', 1024 ** 2], ['K', 1024]] as const,
  ],
  ms: [['h', 3_600_000], ['min', 60_000], ['s', 1_000], ['ms', 1], ['m', 60_000]],
  count: [],
};

/** A value as people read it, such as `2 GiB`, `2 min` or `1,024`: in the largest unit in which it is whole. */
export function limitText(value: number, unit: Unit): string {
  const [word, size] = sizes[unit].find(([, each]) => value % each === 0) ?? ['', 1];
  const figure = (value / size).toLocaleString('en-US');
  return word === '' ? figure : `${figure} ${word}`;
}

/** A value as people write it; undefined when it is none. Without a unit it is in the unit of the limit itself. */
export function readLimit(text: string, unit: Unit): number | undefined {
  const [, figure = '', word = ''] = /^([\d.,_ ]*\d)\s*([a-zA-Z]*)$/.exec(text.trim()) ?? [];
  const number = Number(figure.replaceAll(/[,_ ]/g, ''));
  const size = word === '' ? 1 : sizes[unit].find(([each]) => each.toLowerCase() === word.toLowerCase())?.[1];
  const value = Math.round(number * (size ?? Number.NaN));
  return figure !== '' && Number.isSafeInteger(value) ? value : undefined;
}

/** What a limit may be and in which units it is written, such as `a size between 256 MiB and 1 TiB, in B, KiB, MiB, GiB or TiB`. */
export function rangeWords({ unit, least, most }: Pick<Limit, 'unit' | 'least' | 'most'>): string {
  return `${kinds[unit].what} between ${limitText(least, unit)} and ${limitText(most, unit)}, ${kinds[unit].units}`;
}

const kinds: Readonly<Record<Unit, { readonly what: string; readonly units: string }>> = {
  bytes: { what: 'a size', units: 'in B, KiB, MiB, GiB or TiB' },
  ms: { what: 'a time', units: 'in ms, s, min or h' },
  count: { what: 'a number', units: 'without a unit' },
};

/** Why a text is no value for a limit; undefined when it is one. */
export function checkLimit(text: string, limit: Pick<Limit, 'unit' | 'least' | 'most'>): string | undefined {
  const value = readLimit(text, limit.unit);
  if (value !== undefined && value >= limit.least && value <= limit.most) return undefined;
  return `Write ${rangeWords(limit)}.`;
}
