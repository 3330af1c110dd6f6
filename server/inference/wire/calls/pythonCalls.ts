import { parseJson } from '../jsonFields.ts';

/** A tool call that a model wrote into its text, and its server left there. */
export interface SpokenCall {
  readonly name: string;
  /** The JSON text of the arguments. */
  readonly args: string;
}

/** Calls at the beginning of a text, and how long they are. */
export interface Unit {
  readonly calls: readonly SpokenCall[];
  readonly length: number;
}

/** Calls in this form are read so far, in UTF-16 units. */
const maxPython = 16_384;

/** `[name(key="value"), …]`, as Python writes a call with simple values. */
export function readPythonic(text: string): Unit | undefined {
  const list = /^\[\s*(?:[a-zA-Z_]\w{0,63}\((?:[^"'()]|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')*\)\s*(?:,\s*)?)+\]/.exec(text.slice(0, maxPython))?.[0];
  if (list === undefined) return undefined;
  const calls = [...list.matchAll(/([a-zA-Z_]\w{0,63})\(((?:[^"'()]|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')*)\)/g)].map(([, name = '', args = '']) => ({ name, args: pythonArguments(args) }));
  return calls.some(({ args }) => args === undefined) ? undefined : { calls: calls.map(({ name, args = '{}' }) => ({ name, args })), length: list.length };
}

function pythonArguments(text: string): string | undefined {
  const values: [string, unknown][] = [];
  const rest = text.replaceAll(/([a-zA-Z_]\w{0,63})\s*=\s*("(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|True|False|-?\d+(?:\.\d+)?)\s*(?:,|$)/g, (_all, key: string, value: string) => {
    values.push([key, pythonValue(value)]);
    return '';
  });
  return rest.trim() === '' ? JSON.stringify(Object.fromEntries(values)) : undefined;
}

function pythonValue(value: string): unknown {
  if (value === 'True' || value === 'False') return value === 'True';
  return parseJson(value.startsWith("'") ? `"${value.slice(1, -1).replaceAll("\\'", "'").replaceAll(/(?<!\\)"/g, '\\"')}"` : value) ?? value.slice(1, -1);
}
