import { holdsAtMost, isNestedWithin } from '../../protocol/nesting.ts';

/** A JSON object whose members are looked at one by one. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined for anything else, arrays included. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

/** The value as a list; anything else is an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as a non-empty string, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The beginning of a text, as a text of its own: what is cut with `slice` keeps the whole in memory. */
export function beginningOf(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : [...text.slice(0, maxLength)].join('');
}

/** The value as a finite number that is not negative, or undefined. */
export function asAmount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Deeper than any answer of a model server; what is written out again later takes stack for each level. */
const maxDepth = 128;
/** More values than any answer or request of a chat holds: each takes a hundred times the memory that it takes in the text. */
const maxValues = 250_000;

/** The text as JSON, or undefined when it is not, or is nested deeper or holds more values than anything that is meant. */
export function parseJson(text: string): unknown {
  if (!holdsAtMost(text, maxValues)) return undefined;
  try {
    const value = JSON.parse(text) as unknown;
    // Short texts cannot be deep, and nearly every chunk of a stream is short.
    return text.length < 2 * maxDepth || isNestedWithin(value, maxDepth) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The objects of a list; what is no object is left out. */
export function asObjects(value: unknown): JsonObject[] {
  return asList(value).map(asObject).filter((item) => item !== undefined);
}
