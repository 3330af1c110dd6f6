import { AppError } from '../base/appError.ts';
import type { PageOf, PageRequest } from './store.ts';

const defaultLimit = 100;
const maxLimit = 500;

/** Where a page begins: after this sort key and id, in descending order. */
export interface PagePlace {
  readonly key: number;
  readonly id: string;
}

/** How many rows a page asks for. */
export function pageLimit(request: PageRequest): number {
  return Math.min(Math.max(request.limit ?? defaultLimit, 1), maxLimit);
}

/** Reads a cursor; without one the place is before everything. `invalid_params` for one that this store did not make. */
export function pagePlace(cursor: string | undefined): PagePlace {
  if (cursor === undefined) return { key: Number.MAX_SAFE_INTEGER, id: '' };
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && Number.isSafeInteger(parsed[0]) && typeof parsed[1] === 'string')
      return { key: parsed[0] as number, id: parsed[1] };
  } catch {
    // Falls through: what does not parse is as wrong as what has another shape.
  }
  throw new AppError('invalid_params', 'The cursor is not one that a list gave.', {
    reason: 'cursor',
    hint: 'List again from the beginning.',
  });
}

/** Cuts `limit + 1` rows into a page; the extra row only tells that there is more. */
export function pageOfRows<Row, T>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => PagePlace,
  toItem: (row: Row) => T,
): PageOf<T> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const items = shown.map(toItem);
  if (last === undefined) return { items };
  const { key, id } = placeOf(last);
  return { items, nextCursor: Buffer.from(JSON.stringify([key, id])).toString('base64url') };
}
