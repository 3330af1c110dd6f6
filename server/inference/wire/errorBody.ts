import { asList, asObject, asText, parseJson, type JsonObject } from './jsonFields.ts';

/** Errors are wrapped by gateways again and again; deeper than this is looked at no further. */
const maxDepth = 6;
/** Where servers put the sentence, the most telling first. */
const sentenceMembers = ['message', 'msg', 'error_message', 'errorMessage', 'error_msg', 'error_description', 'detail', 'Message', 'faultstring', 'description', 'reason', 'title'] as const;
/** Those that say an error where nothing else does. */
const bareMembers: readonly string[] = ['message', 'msg', 'error_message', 'errorMessage', 'error_msg', 'error_description', 'detail', 'Message'];
const wrappers = ['error', 'errors', 'fault'] as const;
/** Sentences of gateways that only say that there is another inside. */
const hollow = /^(provider returned error|bad request|internal server error|unprocessable entity|request failed|error)\.?$/i;

/**
 * The error of a JSON body in all its shapes: an object, a string, a list of them, one that stands as JSON inside of another's text, or the body
 * itself. Its `message` is the innermost sentence, whole; undefined when the body is no error.
 */
export function findErrorBody(body: unknown): JsonObject | undefined {
  return readError(body, 0);
}

function readError(body: unknown, depth: number): JsonObject | undefined {
  if (depth > maxDepth) return undefined;
  if (Array.isArray(body)) return readList(body, depth);
  const whole = asObject(body);
  if (whole === undefined) return undefined;
  const status = asObject(whole['base_resp']);
  if (asText(status?.['status_msg']) !== undefined && status?.['status_code'] !== 0) return { ...whole, message: status?.['status_msg'], code: status?.['status_code'] };
  const wrapper = wrappers.find((name) => isSaying(whole[name]));
  if (wrapper !== undefined) return within(whole, whole[wrapper], depth);
  if (whole['object'] === 'error' || whole['type'] === 'error') return { ...whole, message: sentenceOf(whole, depth) ?? JSON.stringify(whole) };
  if (Array.isArray(whole['choices'])) {
    const failed = whole['choices'].map(asObject).find((choice) => isSaying(choice?.['error']));
    return failed === undefined ? undefined : within({}, failed['error'], depth);
  }
  const sentence = depth === 0 && !bareMembers.some((name) => isSaying(whole[name])) ? undefined : sentenceOf(whole, depth);
  return sentence === undefined ? undefined : { ...whole, message: sentence };
}

/** What is in a list: errors, or sentences. */
function readList(list: readonly unknown[], depth: number): JsonObject | undefined {
  const first = list.map((item) => readError(item, depth + 1)).find((error) => error !== undefined);
  const sentence = sentenceOf(list, depth);
  return first ?? (sentence === undefined ? undefined : { message: sentence });
}

const isSaying = (value: unknown): boolean => asText(value) !== undefined || (asObject(value) !== undefined) || asList(value).length > 0;

/** The error in a wrapper; what stands beside it says more about it, and sometimes all. */
function within(whole: JsonObject, inner: unknown, depth: number): JsonObject {
  const { error: _error, errors: _errors, fault: _fault, ...beside } = whole;
  const parsed = typeof inner === 'string' ? parseInside(inner) : inner;
  const found = readError(parsed, depth + 1) ?? asObject(parsed) ?? {};
  const own = asText(found['message']) ?? asText(inner);
  const outside = sentenceOf(beside, depth + 1);
  const message = own === undefined || (hollow.test(own) && outside !== undefined) ? (outside ?? JSON.stringify(inner).slice(0, 500)) : own;
  return { ...beside, ...found, message };
}

/** The sentence of a value: the innermost, because gateways put another server's answer into their own. */
function sentenceOf(value: unknown, depth: number): string | undefined {
  if (depth > maxDepth) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : (sentenceOf(parseInside(value), depth + 1) ?? value);
  if (Array.isArray(value)) return value.slice(0, 8).map((item: unknown) => sentenceOf(item, depth + 1)).filter((sentence) => sentence !== undefined).join(' ') || undefined;
  const object = asObject(value);
  if (object === undefined) return undefined;
  const own = [...sentenceMembers, ...wrappers].map((name) => sentenceOf(object[name], depth + 1)).find((sentence) => sentence !== undefined);
  const raw = sentenceOf(asObject(object['metadata'])?.['raw'] ?? object['details'], depth + 1);
  if (own === undefined || raw !== undefined) return own === undefined || hollow.test(own) ? (raw ?? own) : `${own} ${raw}`;
  const place = asList(object['loc']).map(String).join('.');
  return place === '' ? own : `${place}: ${own}`;
}

/** JSON in a text, alone or behind some words; undefined when there is none. */
function parseInside(text: string): unknown {
  const start = text.search(/[{[]/);
  if (start === -1) return undefined;
  const value = parseJson(text.slice(start).trim());
  return typeof value === 'object' && value !== null ? value : undefined;
}
