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
  let name = '';
  let id: string | undefined;
  for (let at = first; at < calls.length; at += 1) {
    const piece = calls[at];
    // A name that is a tool's is whole by itself.
    if (piece === undefined || piece.name === '' || (at === first && meantTool(piece.name, known) !== undefined)) return undefined;
    name = name !== '' && piece.name.startsWith(name) ? piece.name : name + piece.name;
    id ??= piece.id;
    if (at > first && known.includes(name)) return { call: { ...piece, id, name }, last: at };
    if (piece.args.join('').trim() !== '') return undefined;
  }
  return undefined;
}
