import { asObject, parseJson } from '../jsonFields.ts';

/** What chat templates put behind the arguments, and some servers leave there. */
const trailingToken = /(?:<[|｜][^<>]{1,60}[|｜]>|<\/?(?:tool_call|function|s)>)$/u;
const longestToken = 70;
/** Fragments that may begin the whole over again, looked at from the end. */
const maxWholes = 8;

/**
 * The JSON text that fragments of a call's arguments stand for. Joined they are it, unless the server sent the whole once more behind its
 * fragments, all that there is so far in each of them, a placeholder in front of it, or a text with the JSON inside. What cannot be read is given as it came, joined.
 */
export function settleArguments(pieces: readonly string[]): string {
  const joined = withoutTokens(pieces.join(''));
  return objectText(joined) ?? wholeBehindPieces(pieces) ?? joined;
}

function withoutTokens(text: string): string {
  let end = text.trimEnd();
  for (let token = trailingToken.exec(end.slice(-longestToken)); token !== null; token = trailingToken.exec(end.slice(-longestToken))) end = end.slice(0, -token[0].length).trimEnd();
  return end;
}

/** The text of an object; also out of a text that holds it as a string, once or twice. */
function objectText(text: string): string | undefined {
  let inner = text;
  for (let depth = 0; depth < 3; depth++) {
    const value = parseJson(inner);
    if (asObject(value) !== undefined) return inner;
    if (typeof value !== 'string') return undefined;
    inner = value;
  }
  return undefined;
}

function wholeBehindPieces(pieces: readonly string[]): string | undefined {
  const starts = pieces.flatMap((piece, at) => (at > 0 && piece.trimStart().startsWith('{') ? [at] : [])).slice(-maxWholes);
  for (const at of starts) {
    const whole = objectText(withoutTokens(pieces.slice(at).join('')));
    if (whole === undefined) continue;
    const told = withoutSpace(whole);
    const before = pieces.slice(0, at);
    const joined = withoutSpace(before.join(''));
    if (joined === '{}' || told.startsWith(joined) || before.every((piece) => told.startsWith(withoutSpace(piece)))) return whole;
  }
  return undefined;
}

/** JSON text without the blanks between its tokens and without needless escapes, so that two spellings of one thing are alike. */
function withoutSpace(json: string): string {
  const plain = json.replaceAll(/("(?:[^"\\]|\\[^])*(?:"|$))|\s+/g, '$1');
  return plain.replaceAll(/\\u(?!00[0-7])([0-9a-fA-F]{4})|\\(\/)/g, (_escape, code: string | undefined, slash: string | undefined) => slash ?? String.fromCharCode(Number.parseInt(code ?? '', 16)));
}
