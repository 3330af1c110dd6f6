import { AppError } from './appError.ts';

/** Something that lists show by its name; the id tells things of one name apart. */
interface Named {
  readonly id: string;
  readonly name: string;
}

const defaultLimit = 100;

/**
 * One page of things that are all in memory, in the order of their names. The cursor is opaque, over name and id, so that what comes or goes
 * between two pages shifts nothing. Throws `invalid_params` for a cursor that no list gave.
 */
export function pageByName<T extends Named>(all: readonly T[], { limit = defaultLimit, cursor }: { limit?: number | undefined; cursor?: string | undefined }): { items: T[]; nextCursor?: string } {
  const sorted = all.toSorted((a, b) => compare(placeOf(a), placeOf(b)));
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rest = after === undefined ? sorted : sorted.filter((item) => compare(placeOf(item), after) > 0);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return rest.length > limit && last !== undefined ? { items, nextCursor: Buffer.from(placeOf(last)).toString('base64url') } : { items };
}

const placeOf = ({ name, id }: Named): string => `${name}\n${id}`;
const compare = (a: string, b: string): number => a.localeCompare(b, 'en');

function readCursor(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/\n[0-9a-f-]{36}$/.test(place)) return place;
  throw new AppError('invalid_params', 'The cursor is not one that a list gave.', { reason: 'cursor', hint: 'List again from the beginning.' });
}
