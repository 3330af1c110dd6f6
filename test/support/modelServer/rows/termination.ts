import { body, delta, done, event, raw, said, type Row } from './row.ts';

const failed = (name: string, what: string, cause: string, script: Row['script'], errorClass = 'model_error', text?: string): Row => ({
  name,
  what,
  script,
  expect: { ...(text === undefined ? {} : { text }), error: { class: errorClass, cause } },
});

const jsonBody = (json: unknown, status = 200): Row['script'] => body(JSON.stringify(json), 'application/json', status);
const error = (message: string, more: Record<string, unknown> = {}): unknown => ({ error: { message, ...more } });

/** How an answer ends, well and badly. */
export const terminationRows: readonly Row[] = [
  { name: 'no-done', what: 'a finish reason but no [DONE]', script: raw(said('Hello') + said('', 'stop')), expect: { text: 'Hello', finish: 'stop' } },
  { name: 'empty-reason', what: 'a finish reason of no letters in every chunk, then [DONE]', script: raw(said('Hel', '') + said('lo', '') + done), expect: { text: 'Hello', finish: 'stop' } },
  { name: 'empty-reason-then-length', what: 'a finish reason of no letters until the last', script: raw(said('Hello', '') + said('', 'length') + done), expect: { text: 'Hello', finish: 'length' } },
  failed('empty-reason-no-done', 'a finish reason of no letters, and no [DONE]', 'truncated', raw(said('Hel', '') + said('lo', '')), 'model_crashed', 'Hello'),
  failed('no-finish', '[DONE] but never a finish reason, after text', 'truncated', raw(said('Hello') + done), 'model_crashed', 'Hello'),
  failed('no-finish-empty', '[DONE] but never a finish reason, and no text', 'no_finish', raw(delta({ role: 'assistant' }) + done), 'empty_reply'),
  failed('finish-empty', 'a finish reason and no text', 'stop', raw(delta({ role: 'assistant', content: '' }) + delta({}, 'stop') + done), 'empty_reply'),
  failed('clean-eof', 'a clean end, neither finish nor [DONE]', 'truncated', raw(said('Hello')), 'model_crashed', 'Hello'),
  failed('rst', 'RST in mid-stream', 'connection_lost', { steps: [{ raw: said('Hello') }, { waitMs: 30 }, { reset: true }] }, 'model_crashed', 'Hello'),
  failed('error-event', 'an error object in the stream', 'boom', raw(said('Hello') + event(error('The runner failed.', { code: 'boom' }))), 'model_error', 'Hello'),
  failed('named-error', 'an event named error', 'overloaded_error', raw(`${said('Hello')}event: error\n${event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded.' } })}`), 'model_error', 'Hello'),
  failed('named-error-words', 'an event named error with plain words', 'server_error', raw(`${said('Hello')}event: error\ndata: it broke\n\n`), 'model_error', 'Hello'),
  failed('error-string', 'an error that is a string', 'server_error', raw(said('Hello') + event({ error: 'something broke' })), 'model_error', 'Hello'),
  failed('error-finish', 'an error beside finish_reason error', 'http_429', raw(said('Hello') + event({ choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }], error: { code: 429, message: 'Provider is busy.', metadata: {} } })), 'model_rate_limited', 'Hello'),
  failed('finish-error-alone', 'finish_reason error without an error', 'server_error', raw(said('Hello') + delta({}, 'error') + done), 'model_error', 'Hello'),
  failed('error-before-choices', 'an error chunk that also has choices', 'server_error', raw(event({ error: { message: 'No.' }, choices: [{ index: 0, delta: { content: 'ghost' } }] }) + done)),
  failed('unexpected-endpoint', '200 with LM Studio\'s unexpected endpoint', 'unexpected_endpoint', jsonBody({ error: 'Unexpected endpoint or method. (POST /chat/completions)' })),
  failed('json-error', '200 with a JSON error object', 'server_error', jsonBody(error('Something is wrong.'))),
  failed('html', '200 with a page', 'not_json', body('<!doctype html><html><head><style>b{}</style></head><body><h1>Welcome</h1> to the router</body></html>', 'text/html')),
  failed('error-field', 'an error field instead of data', 'context_overflow', raw(`error: ${JSON.stringify({ code: 400, message: 'the request exceeds the available context size', type: 'exceed_context_size_error', n_prompt_tokens: 9001, n_ctx: 4096 })}\n\n${done}`), 'context_overflow'),
  failed('error-field-mid', 'an error field in mid-stream, then [DONE]', 'http_500', raw(`${said('Hello')}error: ${JSON.stringify({ code: 500, message: 'it broke', type: 'server_error' })}\n\n${done}`), 'model_error', 'Hello'),
  failed('error-field-words', 'an error field with plain words', 'server_error', raw(`${said('Hello')}error: it broke\n\n${done}`), 'model_error', 'Hello'),
  failed('error-field-after-data', 'an error field on the line behind an event', 'server_error', raw(`${said('Hello').trimEnd()}\nerror: it broke\n\n${done}`), 'model_error', 'Hello'),
  failed('data-error-words', 'plain words of an error as the data of an event', 'server_error', raw(`${said('Hello')}data: [ERROR] it broke\n\n${done}`), 'model_error', 'Hello'),
  failed('bare-error', 'bare JSON with an error in a stream', 'boom', raw(`${said('Hello')}${JSON.stringify(error('It broke.', { code: 'boom' }))}\n\n${done}`), 'model_error', 'Hello'),
  failed('bare-error-lines', 'bare JSON over several lines in a stream', 'boom', raw(`${said('Hello')}${JSON.stringify(error('It broke.', { code: 'boom' }), null, 2)}\n\n${done}`), 'model_error', 'Hello'),
  failed('bare-error-last', 'bare JSON at the end without a line end', 'boom', raw(`${said('Hello')}${JSON.stringify(error('It broke.', { code: 'boom' }))}`), 'model_error', 'Hello'),
  failed('bare-error-first', 'bare JSON with an error, then [DONE]', 'boom', raw(`${JSON.stringify(error('It broke.', { code: 'boom' }))}\n\n${done}`)),
  failed('error-list', 'an error in a list, in a stream', 'http_400', raw(said('Hello') + event([error('No.', { code: 400 })])), 'model_error', 'Hello'),
  failed('error-list-body', 'a list with an error as the body', 'http_400', jsonBody([error('No.', { code: 400, status: 'INVALID_ARGUMENT' })], 400)),
  failed('finish-empty-filter', 'a filter and no text', 'PROHIBITED_CONTENT', raw(delta({ content: '' }, 'PROHIBITED_CONTENT') + done), 'empty_reply'),
  failed('tools-no-finish', 'a tool call, then [DONE] without a finish reason', 'truncated', raw(said('Hello') + delta({ tool_calls: [] }) + done), 'model_crashed', 'Hello'),
  ...(
    [
      ['filter', 'content_filter', 'SAFETY', 'PROHIBITED_CONTENT', 'RECITATION', 'BLOCKLIST', 'SPII', 'refusal', 'sensitive', 'FINISH_REASON.SAFETY'],
      ['cut', 'insufficient_system_resource', 'MALFORMED_FUNCTION_CALL', 'abort', 'network_error', 'OTHER'],
      ['length', 'length', 'MAX_TOKENS', 'model_context_window_exceeded'],
      ['stop', 'STOP', 'eos_token', 'end_turn'],
    ] as const
  ).flatMap(([finish, ...words]) => words.map((word): Row => ({ name: `finish-${word.toLowerCase()}`, what: `finish_reason ${word}`, script: raw(said('Hello') + said('', word) + done), expect: { text: 'Hello', finish } }))),
  { name: 'refusal', what: 'a refusal in its own field', script: raw(delta({ refusal: 'I will ' }) + delta({ refusal: 'not.' }, 'stop') + done), expect: { text: 'I will not.', finish: 'stop' } },
  { name: 'not-streamed', what: 'a whole JSON answer although a stream was asked for', script: jsonBody({ object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Hello', reasoning_content: 'hm' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 1 } }), expect: { text: 'Hello', thinking: 'hm', finish: 'stop', usage: { inputTokens: 3, outputTokens: 1 } } },
  failed('empty-body', '200 with nothing', 'empty_body', body('', 'text/event-stream'), 'empty_reply'),
  failed('cut-json-body', '200 with a JSON body that is cut', 'truncated', body('{"choices":[{"message":{"content":"He', 'application/json'), 'model_crashed'),
  failed('bad-gateway', 'a 502 page', 'http_502', body('<html><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>', 'text/html', 502)),
  failed('unauthorized', '401', 'invalid_api_key', jsonBody(error('Incorrect API key provided.', { type: 'invalid_request_error', code: 'invalid_api_key' }), 401), 'model_auth'),
  failed('forbidden', '403', 'permission_error', jsonBody(error('Permission denied.', { type: 'permission_error', code: 403 }), 403), 'model_auth'),
  failed('out-of-credit', '402', 'no_credit', jsonBody(error('Insufficient credits.', { code: 402 }), 402), 'model_out_of_credit'),
  failed('quota', '429 for lack of quota', 'no_credit', jsonBody(error('You exceeded your current quota.', { type: 'insufficient_quota', code: 'insufficient_quota' }), 429), 'model_out_of_credit'),
  failed('context', '400 exceed_context_size_error', 'context_overflow', jsonBody(error('the request exceeds the available context size', { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 9000, n_ctx: 4096 }), 400), 'context_overflow'),
  failed('context-words', '400 that speaks of the context length', 'context_overflow', jsonBody(error("This model's maximum context length is 8192 tokens.", { type: 'BadRequestError', code: 400 }), 400), 'context_overflow'),
  failed('load-failed', '404 failed to load', 'model_load_failed', jsonBody(error('Failed to load model "big". Error: insufficient system resources.'), 404)),
  failed('none-loaded', '400 no models loaded', 'no_model_loaded', jsonBody(error('No models loaded. Please load a model in the developer page.', { type: 'invalid_request_error', param: 'model' }), 400), 'model_not_found'),
  failed('missing-model', '404 model not found', 'model_not_found', jsonBody(error('model "nope" not found, try pulling it first', { type: 'not_found_error' }), 404), 'model_not_found'),
  failed('missing-path', '404 for the path', 'unknown_address', body('404 page not found', 'text/plain', 404)),
  failed('runner-died', '500 the runner died', 'server_crashed', jsonBody(error('llama runner process has terminated: signal: killed'), 500), 'model_crashed'),
  failed('server-error', '500 with a string', 'http_500', jsonBody({ error: 'internal' }, 500)),
];
