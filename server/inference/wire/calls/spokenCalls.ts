import { asObject, asObjects, asText, parseJson, type JsonObject } from '../jsonFields.ts';
import { isShownAt } from './exampleWords.ts';
import { isQuoted } from './proseCode.ts';
import { readPythonic, type SpokenCall, type Unit } from './pythonCalls.ts';
import { opensAtStart, opensIn } from './spokenNotations.ts';
import { meantTool, sendableName } from './toolNames.ts';

/**
 * What a text says of calls. `calls`: it ends in them from `start` on, and nothing else is behind them; `unclear`: it names a tool in such a
 * notation, and something is broken or stands behind it, or there is no such tool; `none`: it is prose, also where it is about calls.
 */
export type SpokenReading = { readonly kind: 'none' } | { readonly kind: 'calls'; readonly start: number; readonly calls: readonly SpokenCall[] } | { readonly kind: 'unclear'; readonly tool: string };

/** Places in one text at which a call may begin; more are not looked at. */
const maxPlaces = 16;
const maxLooked = 64;
/** What stands between and around the parts of a call: tokens of templates, tags that hold calls, and the words between those. */
const framing = new RegExp(
  `^(?:${[
    /\s|[;,]|```(?:json)?/,
    /<[|｜][^<>|｜]{1,60}[|｜]>|<\/s>|<end_of_turn>|<\|tool_call>|<tool_call\|>/,
    /<\/?(?:[a-z]+[:_])?(?:tool_calls?|function_calls?|think)>|<\/?tools>|<\/?TOOLCALL>|\[\/?(?:TOOL_CALLS|ARGS)\]|\[CALL_ID\]\w*|functools(?=\[)/,
    /to=|assistant(?=<| to=)|(?:assistant)?(?:commentary|analysis)(?=[\s<]|to=)|(?:json|code|function)(?=[\s<{])/,
  ].map(({ source }) => source).join('|')})+`, 'u');
const toolWord = /^(?:functions?\.)?([a-zA-Z_][\w-]{0,63})(?::\d+)?/;

/** Reads the calls in a text, in the notations of the families of models; `known` are the names of the tools that there are. */
export function readSpokenCalls(text: string, known: readonly string[]): SpokenReading {
  if (known.length === 0) return { kind: 'none' };
  let unclear: string | undefined;
  let stranger: string | undefined;
  for (const start of placesIn(text)) {
    const { calls, rest } = readUnits(text.slice(start), known);
    const meant = calls.map(({ name, args }) => ({ name: meantTool(name, known), args }));
    if (rest === '' && calls.length > 0 && meant.every(({ name }) => name !== undefined)) {
      if (isShownAt(text, start)) return { kind: 'unclear', tool: meant[0]?.name ?? '' };
      return { kind: 'calls', start: behindWords(text, start), calls: meant.map(({ name = '', args }) => ({ name, args })) };
    }
    // JSON alone may be the answer that was asked for; in the marks of a call it is none.
    if (rest === '' && !opensAtStart(text.slice(start)) && !isShownAt(text, start)) stranger ??= calls[0]?.name;
    unclear ??= meant.find(({ name }) => name !== undefined)?.name ?? (isJson(text.slice(start)) ? undefined : brokenCall(rest, known));
  }
  unclear ??= fencedCall(text, known) ?? lastCall(text, known) ?? (stranger === undefined ? undefined : sendableName(stranger));
  return unclear === undefined ? { kind: 'none' } : { kind: 'unclear', tool: unclear };
}

/** Whether a text is nothing but what stands around calls. */
export const isFraming = (text: string): boolean => text !== '' && text.replace(framing, '') === '';

function placesIn(text: string): number[] {
  const lead = text.length - text.trimStart().length;
  const first = opensAtStart(text.slice(lead)) ? [lead] : [];
  const places = new Set(first);
  let looked = 0;
  for (const place of opensIn(text)) {
    looked += 1;
    if (places.size >= maxPlaces || looked > maxLooked) break;
    if (!isQuoted(text, place)) places.add(place);
  }
  return [...places];
}

/** Reads one call behind another; `rest` is what is no call. */
function readUnits(text: string, known: readonly string[]): { calls: SpokenCall[]; rest: string } {
  const calls: SpokenCall[] = [];
  let rest = text.replaceAll(/<(\/?)(?:｜DSML｜|steptml:)/gu, '<$1').replace(framing, '');
  while (rest !== '') {
    const unit = readPythonic(rest) ?? readJson(rest, known) ?? readFunctionTag(rest) ?? readInvokeTag(rest) ?? readNamed(rest, known);
    if (unit === undefined) break;
    calls.push(...unit.calls);
    rest = rest.slice(unit.length).replace(/^(?:\s*<\/(?:function|invoke|tool_call)>)+/, '').replace(framing, '');
  }
  return { calls, rest };
}

/** `{"name", "arguments"}`, or `{"x": {…}}` for a tool x, or a list of them. */
function readJson(text: string, known: readonly string[]): Unit | undefined {
  const length = jsonLength(text);
  const value = length === 0 ? undefined : parseJson(text.slice(0, length));
  const list = Array.isArray(value) ? asObjects(value) : [asObject(value) ?? {}];
  const calls = list.map((item) => callOf(item) ?? keyedCall(item, known)).filter((call) => call !== undefined);
  return calls.length === 0 || calls.length < (Array.isArray(value) ? value.length : 1) ? undefined : { calls, length };
}

function callOf(object: JsonObject): SpokenCall | undefined {
  const inner = asObject(object['function']) ?? object;
  const name = asText(inner['name']) ?? asText(inner['tool_name']) ?? asText(inner['function']);
  const args = inner['arguments'] ?? inner['parameters'] ?? inner['args'];
  if (name === undefined || (typeof args !== 'string' && asObject(args) === undefined) || isDefinition(inner)) return undefined;
  return { name, args: typeof args === 'string' ? args : JSON.stringify(args) };
}

/** A tool that is described, as models repeat it from their instructions. */
function isDefinition(tool: JsonObject): boolean {
  const schema = asObject(tool['parameters']);
  return schema?.['type'] === 'object' && asObject(schema['properties']) !== undefined;
}

function keyedCall(object: JsonObject, known: readonly string[]): SpokenCall | undefined {
  const [name = '', ...others] = Object.keys(object);
  const args = asObject(object[name]);
  return others.length > 0 || args === undefined || !known.includes(name) ? undefined : { name, args: JSON.stringify(args) };
}

/** `<function=name>`, with `<parameter=key>value</parameter>` inside, or the JSON of the arguments. */
function readFunctionTag(text: string): Unit | undefined {
  const [open, name] = /^<function=["']?([\w.:-]{1,80})["']?>/.exec(text) ?? [];
  if (open === undefined || name === undefined) return undefined;
  return readTagged(text, open, name, /<parameter=["']?([\w.-]{1,80})["']?>/g, '</parameter>', '</function>');
}

/** `<invoke name="name">`, with `<parameter name="key">value</parameter>` inside. */
function readInvokeTag(text: string): Unit | undefined {
  const [open, name] = /^<invoke name=["']([\w.:-]{1,80})["'][^>]{0,100}>/.exec(text) ?? [];
  if (open === undefined || name === undefined) return undefined;
  return readTagged(text, open, name, /<parameter name=["']([\w.-]{1,80})["'][^>]{0,100}>/g, '</parameter>', '</invoke>');
}

function readTagged(text: string, open: string, name: string, key: RegExp, close: string, end: string): Unit | undefined {
  const values: [string, string][] = [];
  let at = open.length;
  for (;;) {
    key.lastIndex = at;
    const found = key.exec(text);
    if (found === null || text.slice(at, found.index).trim() !== '') break;
    const from = found.index + found[0].length;
    const to = text.indexOf(close, from);
    if (to === -1) return undefined;
    values.push([found[1] ?? '', withoutFrame(text.slice(from, to))]);
    at = to + close.length;
  }
  const stop = text.indexOf(end, at);
  const inner = text.slice(at, stop === -1 ? undefined : stop).trim();
  if (values.length > 0 && inner === '') return { calls: [{ name, args: JSON.stringify(Object.fromEntries(values)) }], length: stop === -1 ? text.length : stop };
  if (stop === -1 || values.length > 0 || (inner !== '' && asObject(parseJson(inner)) === undefined)) return undefined;
  return { calls: [{ name, args: inner === '' ? '{}' : inner }], length: stop };
}

/** The value of a tag stands between line ends that are not its own. */
const withoutFrame = (value: string): string => value.replace(/^\r?\n/, '').replace(/\r?\n$/, '');

/** The name of a tool, then its arguments as JSON or as pairs of tags. */
function readNamed(text: string, known: readonly string[]): Unit | undefined {
  const [whole = '', name = ''] = toolWord.exec(text) ?? [];
  if (!known.includes(name)) return undefined;
  const between = framing.exec(text.slice(whole.length))?.[0] ?? '';
  const from = whole.length + between.length;
  const length = text[from] === '{' ? jsonLength(text.slice(from)) : 0;
  if (length > 0 && asObject(parseJson(text.slice(from, from + length))) !== undefined) return { calls: [{ name, args: text.slice(from, from + length) }], length: from + length };
  if (/^\s*<\/tool_call>/.test(text.slice(whole.length))) return { calls: [{ name, args: '{}' }], length: whole.length };
  const pairs = /^(?:\s*<arg_key>[^<]{1,80}<\/arg_key>\s*<arg_value>[^]*?<\/arg_value>)+/.exec(text.slice(whole.length))?.[0];
  if (pairs === undefined) return undefined;
  const values = [...pairs.matchAll(/<arg_key>([^<]{1,80})<\/arg_key>\s*<arg_value>([^]*?)<\/arg_value>/g)].map(([, key = '', value = '']) => [key.trim(), withoutFrame(value)] as const);
  return { calls: [{ name, args: JSON.stringify(Object.fromEntries(values)) }], length: whole.length + pairs.length };
}

/** Whole JSON that is no call is an answer in JSON. */
const isJson = (text: string): boolean => jsonLength(text) > 0;

/** The name in what begins as JSON, or as JSON that is none, in a tag, in Gemma's `call:x{…}` and in Python's `x(…)` and `x.call(…)`. */
const brokenName = new RegExp(
  `^(?:${[/[{[\s]*["'](?:(?:name|tool_name)["']\s*:\s*["'])?/, /<function=["']?|<invoke name=["']/, /(?:call:|\[)?(?:functions?\.)?(?=\w+(?:\.call)?\s*[<{(])/]
    .map(({ source }) => source).join('|')})([\\w-]{1,64})`);

/** A call that was begun and cannot be read names a tool where its name stands. */
function brokenCall(rest: string, known: readonly string[]): string | undefined {
  const [, name] = brokenName.exec(rest) ?? [];
  return name !== undefined && known.includes(name) ? name : undefined;
}

/** An answer that is nothing but a call in a code block may be meant as one, or be shown. */
function fencedCall(text: string, known: readonly string[]): string | undefined {
  const [, inner] = /^\s*```[\w-]*\n([^]*?)\n?```\s*$/.exec(text) ?? [];
  if (inner === undefined || inner.includes('```')) return undefined;
  // Gemma writes its calls as a block of Python.
  const { calls, rest } = readUnits(/^\s*```tool_code/.test(text) ? `[${inner.trim()}]` : inner, known);
  return rest === '' ? calls.map(({ name }) => meantTool(name, known)).find((name) => name !== undefined) : undefined;
}

/** Words that end in the JSON of a call, on lines of its own, may be meant as one. */
function lastCall(text: string, known: readonly string[]): string | undefined {
  const whole = text.trimEnd();
  if (!whole.endsWith('}')) return undefined;
  let at = whole.lastIndexOf('\n{');
  for (let looked = 0; at !== -1 && looked < maxPlaces; looked++) {
    const { calls, rest } = /^\n\{\s*"(?:name|tool_name|type|function)"/.test(whole.slice(at, at + 100)) ? readUnits(whole.slice(at), known) : { calls: [], rest: '' };
    const name = rest === '' ? calls.map((call) => meantTool(call.name, known)).find((meant) => meant !== undefined) : undefined;
    if (name !== undefined) return isQuoted(whole, at + 1) ? undefined : name;
    at = at === 0 ? -1 : whole.lastIndexOf('\n{', at - 1);
  }
  return undefined;
}

const thoughtOpens = '<|channel|>analysis<|message|>';
const thoughtEnds = '<|end|>';

/** What gpt-oss thinks before a call belongs to the call where its tokens are left in the text. */
function behindWords(text: string, start: number): number {
  const opened = text.lastIndexOf(thoughtOpens, start - 1);
  const ended = opened === -1 ? -1 : text.indexOf(thoughtEnds, opened);
  const between = ended === -1 || ended > start ? undefined : text.slice(ended + thoughtEnds.length, start);
  return between === '' || between === '<|start|>assistant' ? opened : start;
}

/** The length of the JSON object or list at the beginning of a text; 0 when there is none, or it does not end. */
function jsonLength(text: string): number {
  if (text[0] !== '{' && text[0] !== '[') return 0;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (isInString) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isInString = false;
    } else if (sign === '"') isInString = true;
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return 0;
}
