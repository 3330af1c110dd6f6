import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatStreamReader } from '../../../../server/inference/wire/chatStream.ts';
import { classifyModelError } from '../../../../server/inference/wire/classifyModelError.ts';
import { isModelErrorClass, modelError } from '../../../../server/inference/wire/modelErrors.ts';
import { readRetryAfter } from '../../../../server/inference/wire/retryAfter.ts';
import { pageWords } from '../../../../server/inference/wire/sniffBody.ts';
import { errorClasses } from '../../../../server/protocol/errorClasses.ts';
import { ErrorInfo } from '../../../../server/protocol/errors.ts';

describe('errors of model calls', () => {
  it('have the classes of the table that concern models, and may be tried again where it says so', () => {
    const { true: ofModels = [], false: others = [] } = Object.groupBy(Object.entries(errorClasses), ([, entry]) => String(entry.group === 'model'));
    for (const [name, entry] of ofModels) {
      expect(isModelErrorClass(name), name).toBe(true);
      if (isModelErrorClass(name)) expect(modelError(name, { message: 'It failed.', cause: 'test', hint: 'Retry.' }).retryable).toBe(entry.isRetryable);
    }
    for (const name of [...others.map(([other]) => other), 'toString']) expect(isModelErrorClass(name), name).toBe(false);
  });

  it('name both causes of LM Studio\'s unexpected endpoint', () => {
    const { hint } = classifyModelError({ body: '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}', server: 'LM Studio' });
    expect(hint).toMatch(/address/);
    expect(hint).toMatch(/key/);
  });

  const sentence = `The call of step 2 is not whole: ${'it lacks what came with it, '.repeat(8)}so the model cannot go on from there.`;

  it.each([
    ['an object', { error: { message: sentence, code: 400 } }],
    ['a list with an object', [{ error: { message: sentence, code: 400 } }]],
    ['a string', { error: sentence }],
    ['a list of strings', { error: [sentence] }],
    ['JSON in the text of another', { error: { message: JSON.stringify({ error: { message: sentence } }) } }],
    ['JSON behind the words of a gateway', { error: { message: `Error from provider (X): ${JSON.stringify({ error: { message: sentence } })}` } }],
    ['the raw answer of a provider', { error: { message: 'Provider returned error', code: 400, metadata: { raw: JSON.stringify({ error: { message: sentence } }), provider_name: 'X' } } }],
    ['an error in an error', { error: { error: { message: sentence } } }],
    ['a list of errors', { success: false, errors: [{ code: 1, message: sentence }] }],
    ['a detail', { detail: sentence }],
    ['details in a list', { detail: [{ loc: [], msg: sentence, type: 'x' }] }],
    ['a message that is an object', { object: 'error', message: { detail: [{ msg: sentence }] } }],
    ['a message beside a short error', { statusCode: 400, error: 'Bad Request', message: sentence }],
    ['other names', { error_msg: sentence, error_code: 4 }],
    ['a fault', { fault: { faultstring: sentence } }],
    ['a text that is all there is', sentence],
    ['details of an error', { error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ '@type': 'x', message: sentence }] } }],
    ['details behind a hollow sentence', { error: { message: 'Bad Request', details: [{ message: sentence }] } }],
    ['a base response', { choices: null, base_resp: { status_code: 2013, status_msg: sentence } }],
  ])('say the server\'s own sentence whole, from %s', (_form, body) => {
    for (const text of [JSON.stringify(body), JSON.stringify(body, null, 2)]) expect(classifyModelError({ status: 400, body: text }).message).toContain(sentence);
  });

  it('is not what a base response says of a success', () => {
    const reader = createChatStreamReader({ contentType: 'application/json' });
    const events = [...reader.push(Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }], base_resp: { status_code: 0, status_msg: 'success' } }))), ...reader.end()];
    expect(events.map(({ kind }) => kind)).toEqual(['text', 'finish']);
  });

  it('says a sentence that is a JSON text without its marks', () => {
    expect(classifyModelError({ status: 500, body: '"model not ready"' }).message).toContain(': model not ready.');
  });

  it('name the place of a fault that the server names', () => {
    const body = JSON.stringify({ detail: [{ type: 'extra_forbidden', loc: ['body', 'messages', 2, 'assistant', 'reasoning_content'], msg: 'Extra inputs are not permitted' }] });
    expect(classifyModelError({ status: 422, body })).toMatchObject({ cause: 'refuses_member', message: expect.stringContaining('body.messages.2.assistant.reasoning_content: Extra inputs') as string });
  });

  it.each([
    ['context_overflow', 400, 'prompt is too long: 210000 tokens > 200000 maximum'],
    ['context_overflow', 400, 'The input token count (1050000) exceeds the maximum number of tokens allowed (1048576).'],
    ['context_overflow', 400, "This model's maximum prompt length is 131072 but the request contains 140000 tokens."],
    ['context_overflow', 400, 'Please reduce the length of the messages or completion.'],
    ['context_overflow', 400, 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length'],
    ['context_overflow', 400, 'Input is too long for requested model.'],
    ['context_overflow', 500, 'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens'],
    ['context_overflow', 400, 'Range of input length should be [1, 30720]'],
    ['context_overflow', 400, 'Your request exceeded model token limit: 131072'],
    ['context_overflow', 400, 'prompt token count of 130000 exceeds the limit of 128000'],
    ['content_filter', 400, 'Content Exists Risk'],
    ['content_filter', 400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."],
    ['content_filter', 400, 'Input data may contain inappropriate content.'],
    ['content_filter', 403, 'Your input was flagged by the moderation endpoint'],
    ['content_filter', 400, 'The request was rejected because it was considered high risk'],
    ['no_credit', 400, 'Your credit balance is too low to access the API.'],
    ['no_credit', 402, 'Insufficient Balance'],
    ['no_credit', 429, 'You exceeded your current quota, please check your plan and billing details.'],
    ['rate_limited', 429, 'You exceeded your current quota, please check your plan and billing details. Please retry in 34.2s.'],
    ['wants_back', 400, 'The `reasoning_content` in the thinking mode must be passed back to the API.'],
    ['wants_back', 400, 'Function call is missing a thought_signature in functionCall parts.'],
    ['refuses_member', 400, "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]"],
  ])('know as %s what a server says with %s: %s', (cause, status, message) => {
    expect(classifyModelError({ status, body: JSON.stringify({ error: { message } }) }).cause).toBe(cause);
  });

  it.each([
    ['in the choice', { choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { message: 'it burned', code: 502 } }] }],
    ['in the choice alone', { choices: [{ index: 0, delta: {}, error: { message: 'it burned' } }] }],
    ['as JSON in the sentence of another', { error: { message: JSON.stringify({ error: { message: 'it burned' } }) } }],
    ['as JSON behind words of another', { error: { message: `In the provider: ${JSON.stringify({ error: 'it burned' })}` } }],
    ['as plain words', 'upstream timed out: it burned'],
    ['as a page', '<html><body>it burned</body></html>'],
  ])('say in a stream what the server said: %s', (_where, event) => {
    const said = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half' } }] })}\n\n`;
    const reader = createChatStreamReader();
    const body = `${said}data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\ndata: [DONE]\n\n`;
    const [first, last] = [...reader.push(Buffer.from(body)), ...reader.end()];
    expect(first).toEqual({ kind: 'text', text: 'half' });
    expect(last).toMatchObject({ kind: 'error', error: { message: expect.stringMatching(/^[^{]*it burned[^}]*$/) as string } });
  });

  it.each([
    ['a plain line', 'upstream timed out: it burned\n'],
    ['a page', '<html>\n<head><title>502</title></head>\n<body>\n<h1>it burned</h1>\n</body></html>\n'],
    ['a line in pieces', ['upstr', 'eam says: it bur', 'ned\n']],
    ['a line in pieces behind another', ['first\nupstr', 'eam says it bur', 'ned\n']],
    ['a line that does not end', 'upstream says it burned'],
    ['a JSON string', 'data: "it burned"\n\n'],
    ['colours of a terminal', 'upstream says \u001b[1;31mit\u001b[0m burned\n'],
    ['the title of a terminal', 'upstream says it\u001b]0;title\u0007 burned\n'],
  ])('say of a stream that broke off what the server wrote between its events: %s', (_what, lines) => {
    const reader = createChatStreamReader();
    const body = [`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half' } }] })}\n\n`, ...[lines].flat()];
    const events = [...body.flatMap((piece) => reader.push(Buffer.from(piece))), ...reader.end()];
    expect(events[0]).toEqual({ kind: 'text', text: 'half' });
    expect(events.at(-1)).toMatchObject({ kind: 'error', error: { cause: 'truncated', message: expect.stringContaining('it burned') as string } });
  });

  it('say no more of a line between the events than a sentence may have, however long it is', () => {
    const reader = createChatStreamReader();
    const half = Buffer.from(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'half' } }] })}\n\n`);
    const events = [...reader.push(half), ...reader.push(Buffer.from('it burned ')), ...Array.from({ length: 100 }, () => reader.push(Buffer.from('x'.repeat(10_000)))).flat(), ...reader.end()];
    const last = events.at(-1);
    expect(last).toMatchObject({ kind: 'error', error: { message: expect.stringContaining('it burned') as string } });
    expect(last?.kind === 'error' ? last.error.message.length : 0).toBeLessThan(2_200);
  });

  it('say the sentence of a body that is a JSON string', () => {
    const reader = createChatStreamReader({ contentType: 'application/json' });
    expect([...reader.push(Buffer.from('"model not loaded"')), ...reader.end()]).toMatchObject([{ kind: 'error', error: { message: 'The model server failed: model not loaded.' } }]);
  });

  it('take no word of what stands between the events of a stream that is whole', () => {
    const reader = createChatStreamReader();
    const body = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'all' }, finish_reason: 'stop' }] })}\n\nPROCESSING\n\ndata: [DONE]\n\n`;
    expect([...reader.push(Buffer.from(body)), ...reader.end()].map(({ kind }) => kind)).toEqual(['text', 'finish']);
  });

  it('are told by what stands behind the first words of a long sentence, too', () => {
    const message = `${'Something is the matter with this request. '.repeat(30)}It exceeds the maximum context length.`;
    expect(classifyModelError({ status: 400, body: JSON.stringify([{ error: { message } }]) }).class).toBe('context_overflow');
  });

  it('carry how many tokens there were and how many fit', () => {
    const error = classifyModelError({ status: 400, body: JSON.stringify({ error: { type: 'exceed_context_size_error', message: 'too long', n_prompt_tokens: 9000, n_ctx: 4096 } }) });
    expect(error).toMatchObject({ class: 'context_overflow', details: { promptTokens: 9000, contextTokens: 4096, status: 400 } });
  });

  it('come through a second classification unchanged, as the worker reads what the gateway answered', () => {
    const body = JSON.stringify({ error: { message: 'Ollama is not there.', type: 'timeout_idle', cause: 'idle', hint: 'Retry.' } });
    expect(classifyModelError({ status: 504, body })).toMatchObject({ class: 'timeout_idle', message: 'Ollama is not there.', cause: 'idle', hint: 'Retry.' });
  });

  it('are sentences with a next step, whatever a server says', () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 200, max: 599 }), { nil: undefined }), fc.oneof(fc.string(), fc.json(), fc.json().map((json) => `{"error":${json}}`)), (status, body) => {
        const error = ErrorInfo.parse(classifyModelError({ status, body, server: 'Server' }));
        expect(error.message).toMatch(/[.!?…]$/);
        expect(error.message.length).toBeLessThan(2_200);
        expect(error.hint.length).toBeGreaterThan(5);
      }),
    );
  });

  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '1.5' }, 1500],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('read %j as %s ms to wait', (headers, ms) => expect(readRetryAfter(headers, 1000)).toBe(ms));

  it('take the words out of a page and leave scripts, tags and controls behind', () => {
    expect(pageWords('<html><style>b{}</style><script>alert(1)</script><h1>502\u0000 Bad</h1>\n Gateway')).toBe('502 Bad Gateway');
    expect(pageWords('x'.repeat(500))).toHaveLength(120);
  });
});
