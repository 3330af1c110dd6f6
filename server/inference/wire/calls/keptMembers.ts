import { asObject, type JsonObject } from '../jsonFields.ts';

/** Gathers what a server sends beside the members that the wire defines, because some want it back with the calls it came with. */
export interface KeptMembers {
  /** Takes the members of one delta or one fragment of a call. */
  take(from: JsonObject): void;
  /** What was gathered; a member that is too large to be kept whole is left out, but for reasoning in words, which is cut. */
  members(): JsonObject;
}

/** Members that the wire defines, or that are results for the reader and not wanted back. */
export const knownMessageMembers: ReadonlySet<string> = new Set([
  'role', 'content', 'tool_calls', 'function_call', 'refusal', 'name', 'id', 'index', 'audio', 'annotations', 'images', 'citations', 'logprobs', 'token_ids', 'prompt_token_ids', 'finish_reason', 'stop_reason', 'usage', 'prefix', 'partial', 'cache_control',
]);
/** As above, for a tool call. */
export const knownCallMembers: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'name', 'arguments']);
/** As above, for the function of a call. */
export const knownFunctionMembers: ReadonlySet<string> = new Set(['name', 'arguments']);

/** The names of what came with a message and its calls. */
export function keptNames(message: JsonObject, calls: Iterable<JsonObject>): string[] {
  const ofCalls = [...calls].flatMap(({ function: inner, ...members }) => [...Object.keys(members), ...Object.keys(asObject(inner) ?? {})]);
  return [...new Set([...Object.keys(message), ...ofCalls])];
}

/** Those of some names that a sentence says. */
export function namesSaid(sentence: string, names: readonly string[]): string[] {
  const words = new Set(sentence.match(/[a-zA-Z0-9_]+/g));
  return names.filter((name) => words.has(name));
}

/** Members that come in pieces of a text. Of all others the last value counts. */
const pieced: ReadonlySet<string> = new Set(['reasoning_content', 'reasoning', 'reasoning_text', 'thinking', 'text', 'summary', 'data']);
/** In UTF-16 units of JSON: of one member, and of all that one message, call or function keeps. */
const maxMemberLength = 65_536;
/** The bounds of a message, a call and its function together fit into a frame of the worker. */
export const keptLengths = { message: 131_072, call: 32_768, function: 8_192 } as const;
const maxNames = 32;
const maxItems = 256;
const plainName = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;

/** What is merged again and again is measured so often, and then given up. */
const maxRecounts = 64;

interface Entry {
  /** Undefined once it is too large to be kept whole. */
  readonly value: unknown;
  readonly length: number;
  readonly recounts: number;
}

/** Makes KeptMembers that pass over the `known` ones; with no `maxLength` they gather names alone. */
export function createKeptMembers(known: ReadonlySet<string>, maxLength: number): KeptMembers {
  const kept = new Map<string, Entry>();

  function takeOne(name: string, value: unknown): void {
    if (value === null || value === undefined || known.has(name) || !plainName.test(name)) return;
    const before = kept.get(name);
    // A server that asks for its reasoning back asks for an empty one, too.
    if (value === '' && (before !== undefined || name !== 'reasoning_content')) return;
    if (before === undefined ? kept.size >= maxNames : before.value === undefined) return;
    if (maxLength === 0) kept.set(name, { value: true, length: 0, recounts: 0 });
    else kept.set(name, isWords(name, value) ? addWords(before, value) : addValue(name, before, value));
  }

  return {
    take(from) {
      for (const name of Object.keys(from)) takeOne(name, from[name]);
    },
    members() {
      let room = maxLength === 0 ? Infinity : maxLength;
      return Object.fromEntries(
        [...kept].filter(([, { value }]) => {
          const size = value === undefined ? Infinity : JSON.stringify(value).length;
          if (size > room) return false;
          room -= size;
          return true;
        }).map(([name, { value }]) => [name, value]),
      );
    },
  };
}

const isWords = (name: string, value: unknown): value is string => typeof value === 'string' && pieced.has(name);

function addWords(before: Entry | undefined, value: string): Entry {
  const so = typeof before?.value === 'string' ? before.value : '';
  const words = so.length >= maxMemberLength ? so : (so + value).slice(0, maxMemberLength);
  return { value: words, length: words.length, recounts: 0 };
}

function addValue(name: string, before: Entry | undefined, value: unknown): Entry {
  const merged = merge(name, before?.value, value);
  const estimate = (before?.length ?? 0) + JSON.stringify(value).length;
  if (estimate <= maxMemberLength) return { value: merged, length: estimate, recounts: before?.recounts ?? 0 };
  const recounts = (before?.recounts ?? 0) + 1;
  const length = recounts > maxRecounts ? Infinity : JSON.stringify(merged).length;
  return { value: length > maxMemberLength ? undefined : merged, length, recounts };
}

function merge(name: string, before: unknown, value: unknown): unknown {
  if (before === undefined) return Array.isArray(value) ? mergeLists([], value) : value;
  if (typeof before === 'string' && typeof value === 'string') return pieced.has(name) ? before + value : value;
  if (Array.isArray(before) && Array.isArray(value)) return mergeLists(before, value);
  const [was, is] = [asObject(before), asObject(value)];
  if (was === undefined || is === undefined) return value;
  const merged = new Map(Object.entries(was));
  for (const [inner, given] of Object.entries(is)) if (given !== null && given !== '') merged.set(inner, merge(inner, merged.get(inner), given));
  return Object.fromEntries(merged);
}

/** Pieces of details go to the item of their index, or to the last one of their type that is not signed yet. */
function mergeLists(before: readonly unknown[], added: readonly unknown[]): unknown[] {
  const list = [...before];
  for (const item of added) {
    const piece = asObject(item);
    const at = piece === undefined ? -1 : list.findLastIndex((earlier, place) => goesOn(asObject(earlier), piece, place === list.length - 1));
    if (at !== -1) list[at] = merge('', list[at], item);
    else if (list.length < maxItems) list.push(item);
  }
  return list;
}

function goesOn(earlier: JsonObject | undefined, piece: JsonObject, isLast: boolean): boolean {
  if (earlier === undefined || earlier['type'] !== piece['type']) return false;
  if (typeof piece['index'] === 'number') return earlier['index'] === piece['index'];
  return isLast && typeof piece['type'] === 'string' && ['index', 'signature', 'data'].every((name) => isUnset(earlier[name]));
}

/** Some servers name a member in every piece and give it in the last one only. */
const isUnset = (value: unknown): boolean => value === undefined || value === null || value === '';
