import { meantTool } from './toolNames.ts';

/** A call in the making: its name as it came, and the fragments of its arguments. */
export interface NamedCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * The calls with names put together that came in pieces, or grew from fragment to fragment, and so passed for calls of their own. Only what
 * is no tool and brings no arguments is taken for a piece, and only where a known tool comes of it.
 */
export function joinSplitNames<Call extends NamedCall>(calls: readonly Call[], known: readonly string[]): Call[] {
  const joined: Call[] = [];
  for (let at = 0; at < calls.length; at += 1) {
    const whole = wholeAt(calls, at, known);
    const call = whole?.call ?? calls[at];
    if (call !== undefined) joined.push(call);
    at = whole?.last ?? at;
  }
  return joined;
}

/** The call whose name begins at a place and is whole at another; undefined where the name there is whole by itself, or becomes none. */
function wholeAt<Call extends NamedCall>(
  calls: readonly Call[],
  first: number,
  known: readonly string[],
): { call: Call; last: number } | undefined {
  /** All that the pieces so far may mean: a piece that came twice in a row is one call here. */
  let names: readonly string[] = [''];
  let id: string | undefined;
  for (let at = first; at < calls.length; at += 1) {
    const piece = calls[at];
    // A name that is a tool's is whole by itself.
    if (piece === undefined || piece.name === '' || (at === first && meantTool(piece.name, known) !== undefined)) return undefined;
    names = grown(names, piece.name).filter((each) => known.some((tool) => tool.startsWith(each)));
    id ??= piece.id;
    const name = names.find((each) => known.includes(each));
    if (at > first && name !== undefined) return { call: { ...piece, id, name }, last: at };
    if (names.length === 0 || piece.args.join('').trim() !== '') return undefined;
  }
  return undefined;
}

function grown(names: readonly string[], piece: string): string[] {
  return [...new Set(names.flatMap((name) => [...(name !== '' && piece.startsWith(name) ? [piece] : []), name + piece, name + piece + piece]))];
}
