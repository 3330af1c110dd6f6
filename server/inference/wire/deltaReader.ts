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

/** The older `function_call` is a call without index and id. */
function readCalls(delta: JsonObject): readonly unknown[] {
  const calls = asList(delta['tool_calls']);
  const single = asObject(delta['function_call']);
  return calls.length > 0 || single === undefined ? calls : [{ function: single }];
}

/** `reasoning_content` and `reasoning` are two names of one thing, and some servers send both: one of them is read. */
function readReasoning(delta: JsonObject): string {
  const named = asText(delta['reasoning_content']) ?? asText(delta['reasoning']);
  if (named !== undefined) return named;
  return asList(delta['reasoning_details'])
    .map((detail) => asText(asObject(detail)?.['text']) ?? asText(asObject(detail)?.['summary']) ?? '')
    .join('');
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
