import type { ErrorInfo } from '../protocol/errors.ts';
import { asList, asObject, type JsonObject } from '../inference/wire/jsonFields.ts';
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

/** A body for the model server, or why the request is refused. */
export type ChatBody = { readonly ok: true; readonly body: string; readonly messages: readonly unknown[] } | { readonly ok: false; readonly error: ErrorInfo };

/** Makes the body that goes to the model server of what the sandbox sent: model and params are the route's, whatever the sandbox says. */
export function rewriteChatBody(bytes: Uint8Array, route: Pick<ModelRoute, 'model' | 'params'>): ChatBody {
  const request = parse(bytes);
  const messages = request?.['messages'];
  if (request === undefined || !Array.isArray(messages)) return refuse('invalid_params', 'The request is not a chat completion.', 'not_chat', 'Send a JSON object with a list of messages.');
  if (messages.some(reachesOut)) return refuse('policy_denied', 'A message names a remote address for the model server to fetch.', 'remote_content', 'Send the content itself instead of its address.');
  if (asList(request['tools']).some((tool) => asObject(tool)?.['type'] !== 'function')) {
    return refuse('policy_denied', 'The request names a tool that would run at the model server.', 'server_tool', 'Offer the model only tools of the type function.');
  }
  const kept = Object.fromEntries(allowed.flatMap((name) => (request[name] === undefined ? [] : [[name, request[name]]])));
  const body = JSON.stringify({ ...kept, ...route.params, messages, model: route.model, stream: true, stream_options: { include_usage: true } });
  return { ok: true, body, messages };
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  try {
    return asObject(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown);
  } catch {
    return undefined;
  }
}

/** A provider fetches addresses in messages for whoever asks, which would be a way out of a sandbox without network. */
function reachesOut(message: unknown): boolean {
  const content = asObject(message)?.['content'];
  return asList(content).some((item) => {
    const part = asObject(item);
    if (part === undefined) return false;
    if (part['type'] === 'text' || part['type'] === 'input_audio') return false;
    const image = part['image_url'];
    const url = asObject(image)?.['url'] ?? image;
    return part['type'] !== 'image_url' || typeof url !== 'string' || !url.startsWith('data:');
  });
}

function refuse(errorClass: 'invalid_params' | 'policy_denied', message: string, cause: string, hint: string): ChatBody {
  return { ok: false, error: { class: errorClass, message, cause, hint, retryable: false } };
}
