import type http from 'node:http';
import { asAmount, asObject, type JsonObject } from '../wire/jsonFields.ts';
import { historyText, toHistory } from './chatHistory.ts';
import type { LoadedModel } from './loadedModel.ts';

/** Longest answer when the request does not say: a model this small may never come to an end by itself. */
const defaultMaxTokens = 512;

/** What the chat template adds to each message, in tokens, at most. */
const templateTokens = 8;

/** Answers a request with the model, as a stream of chat completion chunks. Ends early when `signal` says that the client is gone. */
export async function streamCompletion({ loaded, model, request, response, signal }: { loaded: LoadedModel; model: string; request: JsonObject; response: http.ServerResponse; signal: AbortSignal }): Promise<void> {
  const history = toHistory(request['messages']);
  const promptTokens = loaded.countTokens(historyText(history)) + history.length * templateTokens;
  const room = loaded.contextTokens - promptTokens;
  if (room < 16) return refuseLength(response, promptTokens, loaded.contextTokens);
  const asked = asAmount(request['max_completion_tokens']) ?? asAmount(request['max_tokens']) ?? defaultMaxTokens;
  const maxTokens = Math.max(1, Math.min(Math.floor(asked), room));
  const temperature = Math.min(asAmount(request['temperature']) ?? 0, 2);
  const head = { id: `chatcmpl-${Date.now()}`, object: 'chat.completion.chunk', created: Math.floor(Date.now() / 1000), model };
  const send = (rest: JsonObject): void => void response.write(`data: ${JSON.stringify({ ...head, ...rest })}\n\n`);
  const sendDelta = (delta: JsonObject, finish: string | null): void => send({ choices: [{ index: 0, delta, finish_reason: finish }] });

  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
  sendDelta({ role: 'assistant', content: '' }, null);
  const startedAt = performance.now();
  const end = await loaded.generate({ history, temperature, maxTokens, signal, onText: (content) => sendDelta({ content }, null) });
  if (end.finish === 'aborted') return void response.destroy();
  sendDelta({}, end.finish);
  if (asObject(request['stream_options'])?.['include_usage'] === true) {
    const usage = { prompt_tokens: end.promptTokens, completion_tokens: end.outputTokens, total_tokens: end.promptTokens + end.outputTokens, prompt_tokens_details: { cached_tokens: end.cachedTokens } };
    send({ choices: [], usage, timings: { predicted_n: end.outputTokens, predicted_ms: performance.now() - startedAt } });
  }
  response.end('data: [DONE]\n\n');
}

function refuseLength(response: http.ServerResponse, promptTokens: number, contextTokens: number): void {
  sendError(response, 400, { code: 400, type: 'exceed_context_size_error', message: `The conversation has ${promptTokens} tokens and the model takes ${contextTokens}.`, n_prompt_tokens: promptTokens, n_ctx: contextTokens });
}

/** Says an error in the OpenAI form: with its status, or as an event when the stream has begun. */
export function sendError(response: http.ServerResponse, status: number, error: JsonObject): void {
  if (response.destroyed) return;
  if (response.headersSent) return void response.end(`data: ${JSON.stringify({ error })}\n\n`);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error }));
}
