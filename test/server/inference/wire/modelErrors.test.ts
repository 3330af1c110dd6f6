import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
        expect(error.message.length).toBeLessThan(400);
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
