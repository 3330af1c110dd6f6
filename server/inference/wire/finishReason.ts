import type { ChatFinish } from './chatStreamEvent.ts';
import { beginningOf } from './jsonFields.ts';

/** Words of servers for the end of an answer, in lower case, by what they mean. */
export const finishWords: Readonly<Record<Exclude<ChatFinish, 'unknown'>, readonly string[]>> = {
  stop: ['stop', 'stopped', 'eos', 'eos_token', 'eosfound', 'end', 'end_turn', 'end_of_turn', 'stop_sequence', 'stop_token', 'complete', 'completed', 'done', 'finish', 'finished', 'normal', 'success'],
  length: ['length', 'max_tokens', 'max_output_tokens', 'max_completion_tokens', 'max_length', 'model_length', 'model_context_window_exceeded', 'context_length', 'token_limit', 'incomplete'],
  tool_calls: ['tool_calls', 'tool_call', 'tool_use', 'function_call', 'function_calls'],
  filter: [
    'content_filter', 'content_filtered', 'content-filter', 'filter', 'filtered', 'moderation', 'guardrail_intervened', 'model_armor', 'refusal', 'safety', 'image_safety',
    'prohibited_content', 'image_prohibited_content', 'recitation', 'image_recitation', 'blocklist', 'blocked', 'spii', 'sensitive', 'error_toxic', 'jailbreak', 'language',
  ],
  cut: [
    'insufficient_system_resource', 'network_error', 'abort', 'aborted', 'cancel', 'cancelled', 'canceled', 'interrupted', 'timeout', 'time_limit', 'load', 'unload', 'repetition', 'other',
    'error_limit', 'malformed_function_call', 'unexpected_tool_call', 'too_many_tool_calls', 'missing_thought_signature', 'malformed_response', 'no_image', 'image_other', 'pause_turn',
  ],
};

const meanings = new Map(Object.entries(finishWords).flatMap(([finish, list]) => list.map((word) => [word, finish as ChatFinish] as const)));

/** Maps a server's word to ours; a tool call that came means `tool_calls` where the server only says that it stopped, or says a word of its own. */
export function readFinish(raw: string | undefined, hasToolCalls: boolean): ChatFinish {
  const word = raw?.trim().toLowerCase().replace(/^(?:finish_reason|finishreason|stop_reason)[_.]/, '') ?? '';
  const finish = meanings.get(word) ?? 'unknown';
  return hasToolCalls && (finish === 'stop' || finish === 'unknown') ? 'tool_calls' : finish;
}

/** The server's word in a form that may stand in a sentence. */
export function finishWord(raw: string): string {
  return beginningOf(raw, 200).replaceAll(/[^\w .:-]+/g, ' ').trim().slice(0, 60) || 'no word';
}
