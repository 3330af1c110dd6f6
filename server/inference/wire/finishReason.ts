import type { ChatFinish } from './chatStreamEvent.ts';

const meanings: Readonly<Record<string, ChatFinish>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  stop_token: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'filter',
  refusal: 'filter',
  safety: 'filter',
};

/** Maps a server's word to ours; a tool call that came means `tool_calls` whatever the server says, except when it was cut off. */
export function readFinish(raw: string | undefined, hasToolCalls: boolean): ChatFinish {
  const finish = raw === undefined ? 'unknown' : (meanings[raw.toLowerCase()] ?? 'unknown');
  return hasToolCalls && (finish === 'stop' || finish === 'unknown') ? 'tool_calls' : finish;
}
