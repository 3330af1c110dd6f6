import type { ErrorInfo } from '../protocol/errors.ts';
import { asObject, parseJson, type JsonObject } from '../inference/wire/jsonFields.ts';
import type { ModelRoute } from '../inference/route.ts';

/** The members of a request that a sandbox may set. Whatever else a provider offers (other models, web search, storing, several answers) is not its to choose. */
const allowed = [
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'max_tokens',
  'max_completion_tokens',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'repeat_penalty',
  'response_format',
  'reasoning_effort',
  'logit_bias',
] as const;

/** The members of a message that go on, beside those that the server of the route sent itself, as of its calls; some servers fetch what others name. */
const messageMembers = ['role', 'content', 'name', 'tool_calls', 'tool_call_id', 'reasoning', 'reasoning_content', 'reasoning_details', 'refusal'] as const;

/** Names of members that the server of a route sent itself, and of those that it has refused since. */
export interface Returned {
  readonly members: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

const nothingReturned: Returned = { members: new Set(), refused: new Set() };

/** A body for the model server, or why the request is refused. */
export type ChatBody = { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly error: ErrorInfo };

/**
 * Makes the body that goes to the model server of what the sandbox sent: model and params are the route's, whatever the sandbox says.
 * `returned` says which members of messages and calls the server gets back beside those.
 */
export function rewriteChatBody(bytes: Uint8Array, route: Pick<ModelRoute, 'model' | 'params'>, returned: Returned = nothingReturned): ChatBody {
  const request = parse(bytes);
  const given = request?.['messages'];
  if (request === undefined || !Array.isArray(given)) return refuse('invalid_params', 'The request is not a chat completion.', 'not_chat', 'Send a JSON object with a list of messages.');
  const messages = given.map((message) => readMessage(message, returned)).filter((message) => message !== undefined);
  if (messages.length < given.length) return refuse('policy_denied', 'A message holds something else than text, or pictures and sound that are in it.', 'remote_content', 'Send the content itself instead of its address.');
  if (!offersFunctionsOnly(request)) return refuse('policy_denied', 'The request names a tool that would run at the model server.', 'server_tool', 'Offer the model only tools of the type function.');
  const kept = Object.fromEntries(allowed.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
  const body = JSON.stringify({ ...kept, ...route.params, messages, model: route.model, stream: true, stream_options: { include_usage: true } });
  return { ok: true, body: Buffer.from(body) };
}

/** The text of the messages in a body that was made here. */
export function promptOf(body: Buffer): string {
  return JSON.stringify(asObject(parseJson(body.toString()))?.['messages'] ?? []);
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  try {
    return asObject(parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}

/** A message with what may go on; undefined when its content is not of a known kind. */
function readMessage(value: unknown, returned: Returned): JsonObject | undefined {
  const message = asObject(value);
  if (message === undefined) return undefined;
  const content = readContent(message['content']);
  if (content === unknownContent) return undefined;
  const calls = message['tool_calls'];
  const known = { ...message, content, ...(Array.isArray(calls) ? { tool_calls: calls.map((call) => readCall(call, returned)) } : {}) };
  const names = message['role'] === 'assistant' ? [...messageMembers, ...returned.members] : messageMembers;
  return pick(known, names.filter((name) => !returned.refused.has(name)));
}

function readCall(value: unknown, { members, refused }: Returned): JsonObject {
  const call = asObject(value) ?? {};
  const taken = [...members].filter((name) => !refused.has(name));
  return { ...pick(call, ['id', 'type', ...taken]), function: pick(asObject(call['function']) ?? {}, ['name', 'arguments', ...taken]) };
}

const unknownContent = Symbol('unknown content');

function readContent(content: unknown): unknown {
  if (content === undefined || content === null || typeof content === 'string') return content;
  if (!Array.isArray(content)) return unknownContent;
  const parts = content.map(readPart).filter((part) => part !== undefined);
  return parts.length === content.length ? parts : unknownContent;
}

/** A provider fetches addresses in messages for whoever asks, which would be a way out of a sandbox without network. */
function readPart(value: unknown): JsonObject | undefined {
  const part = asObject(value);
  if (part?.['type'] === 'text' && typeof part['text'] === 'string') return pick(part, ['type', 'text']);
  if (part?.['type'] === 'input_audio') return { type: 'input_audio', input_audio: pick(asObject(part['input_audio']) ?? {}, ['data', 'format']) };
  if (part?.['type'] !== 'image_url') return undefined;
  const image = asObject(part['image_url']);
  const url = image?.['url'] ?? part['image_url'];
  if (typeof url !== 'string' || !url.startsWith('data:')) return undefined;
  return { type: 'image_url', image_url: { url, ...pick(image ?? {}, ['detail']) } };
}

function pick(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (object[name] === undefined ? [] : [[name, object[name]]])));
}

function offersFunctionsOnly(request: JsonObject): boolean {
  const isFunction = (tool: unknown): boolean => asObject(tool)?.['type'] === 'function';
  const { tools, tool_choice: choice } = request;
  if (tools !== undefined && !(Array.isArray(tools) && tools.every(isFunction))) return false;
  return choice === undefined || typeof choice === 'string' || isFunction(choice);
}

function refuse(errorClass: 'invalid_params' | 'policy_denied', message: string, cause: string, hint: string): ChatBody {
  return { ok: false, error: { class: errorClass, message, cause, hint, retryable: false } };
}
