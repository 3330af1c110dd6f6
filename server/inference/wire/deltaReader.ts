import { asList, asObject, asText, type JsonObject } from './jsonFields.ts';

/** What one delta (or one whole message) carries. */
export interface Delta {
  readonly thinking: string;
  readonly text: string;
  readonly toolCalls: readonly unknown[];
}

/** Reads the content of the first choice's delta in all its spellings; whatever is not understood is left out. */
export function readDelta(delta: JsonObject): Delta {
  const content = readContent(delta['content']);
  return {
    thinking: readReasoning(delta) + content.thinking,
    text: content.text + (asText(delta['refusal']) ?? ''),
    toolCalls: readCalls(delta),
  };
}

/** The older `function_call` is a call without index and id; some give a single call without its list. */
function readCalls(delta: JsonObject): readonly unknown[] {
  const given = delta['tool_calls'];
  const calls = asObject(given) === undefined ? asList(given) : [given];
  const single = asObject(delta['function_call']);
  return calls.length > 0 || single === undefined ? calls : [{ function: single }];
}

/** Names of one thing, of which some servers send two: the first that says something is read. */
const reasoningMembers = ['reasoning_content', 'reasoning', 'reasoning_text', 'thinking', 'thought'] as const;

function readReasoning(delta: JsonObject): string {
  for (const name of reasoningMembers) {
    const words = delta[name] === undefined ? undefined : wordsOf(delta[name]);
    if (words !== undefined) return words;
  }
  return asList(delta['reasoning_details'])
    .map((detail) => asText(asObject(detail)?.['text']) ?? asText(asObject(detail)?.['summary']) ?? '')
    .join('');
}

/** A text, or what an object around it says. */
function wordsOf(value: unknown): string | undefined {
  const object = asObject(value);
  return asText(value) ?? asText(object?.['content']) ?? asText(object?.['text']);
}

/** Content is a text, null, or a list of typed pieces. */
function readContent(content: unknown): { text: string; thinking: string } {
  if (typeof content === 'string') return { text: content, thinking: '' };
  let text = '';
  let thinking = '';
  for (const item of asList(content)) {
    const piece = asObject(item);
    if (piece?.['type'] === 'text') text += asText(piece['text']) ?? '';
    if (piece?.['type'] === 'thinking') thinking += readThinkingPiece(piece['thinking']);
  }
  return { text, thinking };
}

function readThinkingPiece(thinking: unknown): string {
  if (typeof thinking === 'string') return thinking;
  return asList(thinking)
    .map((piece) => asText(asObject(piece)?.['text']) ?? '')
    .join('');
}
