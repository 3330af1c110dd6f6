/** A place of a text that is to be replaced. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds where a text stands, at most `limit` places that do not overlap; with line ends of either kind, when `isTolerant`: models write plain
 * ones whatever the file has.
 */
export function findPlaces(whole: string, wanted: string, { isTolerant, limit }: { isTolerant: boolean; limit: number }): Place[] {
  const places: Place[] = [];
  if (!isTolerant) {
    for (let at = whole.indexOf(wanted); at !== -1 && places.length < limit; at = whole.indexOf(wanted, at + wanted.length)) places.push({ start: at, end: at + wanted.length });
    return places;
  }
  const lines = plainEnds(wanted).split('\n');
  const pattern = new RegExp(lines.map((line) => line.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('\\r?\\n'), 'g');
  for (const match of whole.matchAll(pattern)) {
    places.push({ start: match.index, end: match.index + match[0].length });
    if (places.length === limit) break;
  }
  return places;
}

/** A text with `\n` alone at the ends of its lines. */
export const plainEnds = (text: string): string => text.replaceAll('\r\n', '\n');

/**
 * The text for a place, with the line ends that belong there: of a line that stays its own, of a new line those of the one before it,
 * or else of the line in which the place ends.
 */
export function fitLineEnds(fresh: string, whole: string, { start, end }: Place): string {
  const lines = plainEnds(fresh).split('\n');
  if (lines.length === 1) return fresh;
  const old = splitEnds(whole.slice(start, end));
  const count = lines.length - 1;
  const same = countSame(lines, old.lines);
  const nearest = old.ends[0] ?? nearestEnd(whole, { start, end }) ?? (fresh.includes('\r\n') ? '\r\n' : '\n');
  const lastReplaced = Math.min(old.ends.length, old.lines.length - same.last) - 1;
  const endOf = (index: number): string => {
    const fromLast = count - index;
    return old.ends[fromLast < same.last ? old.ends.length - fromLast : Math.min(index, Math.max(lastReplaced, same.first - 1))] ?? nearest;
  };
  return lines.map((line, index) => (index === count ? line : line + endOf(index))).join('');
}

/** What the ends of a text's lines are, as a person would say it. */
export function describeLineEnds(text: string): 'LF' | 'CRLF' | 'mixed' | 'CR' {
  const all = countOf(text, '\n');
  if (all === 0 && text.includes('\r')) return 'CR';
  const pairs = countOf(text, '\r\n');
  return pairs === 0 ? 'LF' : pairs === all ? 'CRLF' : 'mixed';
}

function splitEnds(text: string): { lines: string[]; ends: string[] } {
  const ends: string[] = [];
  const lines = text.split('\n').map((line, index, { length }) => {
    if (index === length - 1) return line;
    ends.push(line.endsWith('\r') ? '\r\n' : '\n');
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  });
  return { lines, ends };
}

/** How many lines two texts begin and end with in common; of the last ones only those that stand between two line ends count. */
function countSame(fresh: readonly string[], old: readonly string[]): { first: number; last: number } {
  const shorter = Math.min(fresh.length, old.length);
  let first = 0;
  while (first < shorter && fresh[first] === old[first]) first += 1;
  let last = 0;
  while (last < shorter - first && fresh.at(-1 - last) === old.at(-1 - last)) last += 1;
  return { first, last };
}

/** That of the line in which the place ends, or of the one before. */
function nearestEnd(whole: string, { start, end }: Place): string | undefined {
  const after = whole.indexOf('\n', end);
  const found = after === -1 && start > 0 ? whole.lastIndexOf('\n', start - 1) : after;
  if (found === -1) return undefined;
  return whole[found - 1] === '\r' ? '\r\n' : '\n';
}

function countOf(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
