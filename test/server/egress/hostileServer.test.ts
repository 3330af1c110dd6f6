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
