import { asList, asObject, parseJson } from '../inference/wire/jsonFields.ts';

/** Turns a whole chat completion, sent by a server that does not stream, into the stream that every client of ours reads. */
export function asStream(body: Buffer): Buffer {
  const whole = asObject(parseJson(body.toString('utf8'))) ?? {};
  const choice = asObject(asList(whole['choices'])[0]);
  const message = asObject(choice?.['message']) ?? {};
  const toolCalls = asList(message['tool_calls']).map((call, index) => ({ ...asObject(call), index }));
  const delta = { ...message, ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }) };
  const chunk = { ...whole, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: choice?.['finish_reason'] ?? 'stop' }] };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`);
}
