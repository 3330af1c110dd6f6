import type { ChatMessage, ChatRequest } from './chatRequest.ts';

/** A rule that strict providers hold requests to. */
export type Rule = keyof typeof rules;

/** A refusal as a provider sends it. */
export interface Refusal {
  readonly status: number;
  readonly body: unknown;
}

const refuse = (message: string, status = 400, more: Record<string, unknown> = {}): Refusal => ({ status, body: { error: { message, type: 'invalid_request_error', param: null, code: 'invalid_request_error', ...more } } });

const callsOf = (message: ChatMessage): NonNullable<ChatMessage['tool_calls']> => message.tool_calls ?? [];

function isObjectText(text: unknown): boolean {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof text === 'string' && typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Gives the refusal of the first message that breaks a rule. */
const each = (judge: (message: ChatMessage, at: number, all: readonly ChatMessage[]) => Refusal | undefined) => (messages: readonly ChatMessage[]): Refusal | undefined =>
  messages.map(judge).find((refusal) => refusal !== undefined);

const known = new Set(['role', 'content', 'name', 'tool_calls', 'tool_call_id', 'refusal']);

const rules = {
  /** Names of tools have few letters. */
  names: each((message, at) =>
    callsOf(message).some((call) => !/^[a-zA-Z0-9_-]{1,64}$/.test(String(call.function?.name))) ? refuse(`Invalid 'messages[${at}].tool_calls[0].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.`) : undefined,
  ),
  /** Ids are there, once each, and each has its one result. */
  ids: (messages: readonly ChatMessage[]): Refusal | undefined => {
    const ids = messages.flatMap(callsOf).map((call) => call.id);
    const results = messages.flatMap((message) => (message.role === 'tool' ? [message.tool_call_id] : []));
    const bad = ids.find((id, at) => typeof id !== 'string' || id === '' || id.length > 64 || ids.indexOf(id) !== at);
    if (bad !== undefined) return refuse(`duplicate tool call id ${String(bad)}`);
    return JSON.stringify(ids) === JSON.stringify(results) ? undefined : refuse('An assistant message with tool_calls must be followed by tool messages responding to each tool_call_id.');
  },
  /** Arguments are the text of an object. */
  arguments: each((message) => (callsOf(message).every((call) => isObjectText(call.function?.arguments)) ? undefined : refuse('Invalid function.arguments: must be a JSON object in a string.'))),
  /** The reasoning comes back with the calls that it led to. */
  reasoning: each((message) => (callsOf(message).length > 0 && typeof message['reasoning_content'] !== 'string' ? refuse('The `reasoning_content` in the thinking mode must be passed back to the API.') : undefined)),
  /** Every answer has its reasoning, also those that came without. */
  'reasoning-always': each((message) => (message.role === 'assistant' && typeof message['reasoning_content'] !== 'string' ? refuse('The `reasoning_content` in the thinking mode must be passed back to the API.') : undefined)),
  /** A signature comes back with the call that it was on. */
  signature: each((message, at): Refusal | undefined => {
    const extra = callsOf(message)[0]?.['extra_content'] as { google?: { thought_signature?: string } } | undefined;
    const isMissing = callsOf(message).length > 0 && extra?.google?.thought_signature === undefined;
    const text = `Function call is missing a thought_signature in functionCall parts. Send it back with the call that it came with (position ${at}), or the model cannot go on from there.`;
    return isMissing ? { status: 400, body: [{ error: { code: 400, message: text, status: 'INVALID_ARGUMENT' } }] } : undefined;
  }),
  /** Messages hold what the original wire has, and nothing else. */
  'known-members': each((message, at) => {
    const extra = [...Object.keys(message).filter((name) => !known.has(name)), ...callsOf(message).flatMap((call) => Object.keys(call).filter((name) => !['id', 'type', 'function'].includes(name)))];
    return extra.length === 0 ? undefined : refuse(`'messages.${at}' : for 'role:${message.role}' the following must be satisfied[('messages.${at}' : property '${extra[0]}' is unsupported)]`);
  }),
  /** Reasoning is taken back with calls only. */
  'reasoning-with-calls-only': each((message) =>
    callsOf(message).length === 0 && ['reasoning_content', 'reasoning', 'reasoning_details'].some((name) => message[name] !== undefined) ? refuse('Extra inputs are not permitted: reasoning_content', 422) : undefined,
  ),
} satisfies Record<string, (messages: readonly ChatMessage[]) => Refusal | undefined>;

/** What a provider with these rules answers to a request; undefined when it takes it. */
export function refusalOf(request: ChatRequest, demanded: readonly Rule[]): Refusal | undefined {
  return demanded.map((rule) => rules[rule](request.messages ?? [])).find((refusal) => refusal !== undefined);
}
