import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { observe } from '../../support/modelServer/observed.ts';
import { openTaskPath, type TaskPath } from '../../support/modelServer/socketOfTask.ts';

const open: TaskPath[] = [];
afterEach(async () => {
  for (const path of open.splice(0)) await path.dispose();
});

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const deepCall = `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"x","arguments":{"a":${deep}}}}]}}]}\n\ndata: [DONE]\n\n`;
const stream = { 'content-type': 'text/event-stream' };
const whole = { 'content-type': 'application/json' };

describe('a model server whose answer is nested without end', () => {
  it.each([
    ['a stream', { headers: stream, steps: [{ raw: deepCall }] }],
    ['a packed stream', { headers: { ...stream, 'content-encoding': 'gzip' }, steps: [{ base64: gzipSync(deepCall).toString('base64') }] }],
    ['a whole answer', { headers: whole, steps: [{ raw: `{"choices":[{"message":{"content":"hello","z":${deep}},"finish_reason":"stop"}]}` }] }],
    ['an error', { status: 400, headers: whole, steps: [{ raw: `{"error":{"message":${deep}}}` }] }],
  ])('in %s fails its call alone', async (_what, script) => {
    const path = await openTaskPath();
    open.push(path);
    path.server.post('deep', script);
    expect(observe(await path.ask('[[scenario:deep]]')).error).toBeDefined();
    await expect.poll(() => path.heard.reports.length).toBe(1);
    expect(path.heard.reports[0]!.error).toBeDefined();
    expect(observe(await path.ask('Hi')).text).toBe('You said: Hi');
  });
});

const mebibytes = (count: number, byte = ' '): string => byte.repeat(count * 1_048_576);
const packed = (headers: Record<string, string>, body: string) => ({ headers: { ...headers, 'content-encoding': 'gzip' }, steps: [{ base64: gzipSync(body).toString('base64') }, { hang: true as const }] });

describe('a model server whose answer has no end', () => {
  it.each([
    ['spaces before it', { headers: whole, steps: [{ raw: mebibytes(1) }, { hang: true }] }],
    ['packed spaces before it', packed(whole, mebibytes(20))],
    ['packed line ends before a stream', packed(stream, mebibytes(20, '\n'))],
    ['a whole answer', { headers: whole, steps: [{ raw: `{"a":"${mebibytes(9, 'a')}` }, { hang: true }] }],
    ['a packed whole answer', packed(whole, `{"a":"${mebibytes(20, 'a')}`)],
    ['one event', { headers: stream, steps: [{ raw: `data: ${mebibytes(9, 'a')}` }, { hang: true }] }],
    ['a packed event of many lines', packed(stream, 'data: aaaaaaa\n'.repeat(1_300_000))],
  ] as const)('fails its call because of %s, and no other', async (_what, script) => {
    const path = await openTaskPath();
    open.push(path);
    path.server.post('endless', { ...script, steps: [...script.steps] });
    expect(observe(await path.ask('[[scenario:endless]]')).error).toMatchObject({ class: 'model_error', cause: 'event_too_large' });
    await expect.poll(() => path.server.requests[0]!.goneAt).toBeGreaterThan(0);
    expect(observe(await path.ask('Hi')).text).toBe('You said: Hi');
  });

  it('may come character by character, and white space before it is left out', async () => {
    const path = await openTaskPath();
    open.push(path);
    const answer = `${' '.repeat(2000)}{"choices":[{"message":{"content":"${'x'.repeat(2000)}"},"finish_reason":"stop"}]}`;
    path.server.post('slow', { headers: whole, bytesPerWrite: 1, steps: [{ raw: answer }] });
    path.server.post('slow-stream', { headers: stream, bytesPerWrite: 1, steps: [{ text: 'y'.repeat(2000) }, { finish: 'stop' }, { done: true }] });
    expect(observe(await path.ask('[[scenario:slow]]'))).toMatchObject({ text: 'x'.repeat(2000), finish: 'stop' });
    expect(observe(await path.ask('[[scenario:slow-stream]]'))).toMatchObject({ text: 'y'.repeat(2000), finish: 'stop' });
  });

  it.each([
    ['an event', { headers: stream, steps: [{ raw: `data: {"choices":[{"delta":{"content":"x","z":[${'{},'.repeat(300_000)}{}]}}]}\n\ndata: [DONE]\n\n` }] }],
    ['a whole answer', { headers: whole, steps: [{ raw: `{"choices":[{"message":{"content":"x","z":[${'[],'.repeat(300_000)}[]]},"finish_reason":"stop"}]}` }] }],
  ] as const)('and %s of hundred thousands of values is not unfolded', async (_what, script) => {
    const path = await openTaskPath();
    open.push(path);
    path.server.post('wide', { ...script, steps: [...script.steps] });
    expect(observe(await path.ask('[[scenario:wide]]')).text).toBeUndefined();
    await expect.poll(() => path.heard.reports[0]?.error).toBeDefined();
  });
});
