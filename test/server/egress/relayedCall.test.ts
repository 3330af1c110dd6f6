import { describe, expect, it } from 'vitest';
import { defaultRouteTimeouts } from '../../../server/inference/route.ts';
import { observe } from '../../support/modelServer/observed.ts';
import { useTaskPaths } from '../../support/modelServer/socketOfTask.ts';
import { testRoute } from '../../support/modelServer/testRoute.ts';

const openPath = useTaskPaths();

const limits = (more: Partial<typeof defaultRouteTimeouts>) => ({ timeouts: { ...defaultRouteTimeouts, ...more } });

describe('a call that does not go well', () => {
  it('ends the request to the server within a second when the task goes away, before and after the first token', async () => {
    for (const scenario of ['silent', 'endless tps=100']) {
      const path = await openPath();
      const leave = new AbortController();
      const call = path.ask(`[[scenario:${scenario}]]`, { signal: leave.signal, onEvents: () => leave.abort() }).catch(() => []);
      await expect.poll(() => path.server.requests.length).toBe(1);
      const leftAt = Date.now();
      leave.abort();
      await call;
      await expect.poll(() => path.server.requests[0]!.goneAt, { timeout: 3000 }).toBeGreaterThan(0);
      expect(path.server.requests[0]!.goneAt! - leftAt).toBeLessThan(1000);
      await expect.poll(() => path.heard.reports.length).toBe(1);
      expect(path.heard.reports[0]).toMatchObject({ finish: 'cancelled', error: undefined });
    }
  });

  it.each([
    ['timeout_first_token', 'silent', { firstTokenMs: 50 }, undefined],
    ['timeout_first_token', 'comments-only', { firstTokenMs: 80 }, undefined],
    ['timeout_idle', 'stall', { idleMs: 50 }, 'Some words and then '],
    ['timeout_total', 'endless tps=400', { totalMs: 120 }, expect.stringMatching(/^w1 w2 /)],
  ] as const)('says %s to the task and to the gateway, keeps the text and closes the request', async (errorClass, scenario, timeouts, text) => {
    const path = await openPath({ route: limits(timeouts) });
    path.server.post('comments-only', { steps: [{ raw: ': ping\n\n' }, { waitMs: 10 }, { raw: ': ping\n\n' }, { hang: true }] });
    const seen = observe(await path.ask(`[[scenario:${scenario}]]`));
    expect(seen).toEqual({ ...(text === undefined ? {} : { text }), error: { class: errorClass, cause: errorClass.replace('timeout_', '') } });
    expect(path.heard.reports[0]!.error).toMatchObject({ class: errorClass, retryable: true });
    await expect.poll(() => path.server.requests[0]!.goneAt).toBeGreaterThan(0);
  });

  it('counts as done when the finish reason came and the server then falls silent', async () => {
    const path = await openPath({ route: limits({ idleMs: 50 }) });
    path.server.post('no-end', { steps: [{ text: 'All said.' }, { finish: 'stop' }, { hang: true }] });
    expect(observe(await path.ask('[[scenario:no-end]]'))).toEqual({ text: 'All said.', finish: 'stop' });
    expect(path.heard.reports[0]).toMatchObject({ finish: 'stop', error: undefined });
  });

  it('waits for a server that loads its model and says so', async () => {
    const path = await openPath({ route: { model: 'qwen3:9b', serverName: 'Ollama' } });
    expect(observe(await path.ask('[[scenario:loading times=3]]')).text).toBe('Loaded and ready.');
    expect(path.heard.statuses).toContain('model_loading: Loading qwen3:9b on Ollama');
    expect(path.server.requests.filter((request) => request.path === '/health').length).toBeGreaterThan(0);
  });

  it('waits as a busy server asks, but not longer than its limit', async () => {
    const path = await openPath();
    expect(observe(await path.ask('[[scenario:rate-limited ms=20]]')).text).toBe('Thank you for waiting.');
    expect(path.heard.statuses).toContain('waiting: Scripted asked to wait 1 s');
    expect(observe(await path.ask('[[scenario:rate-limited ms=60000]]')).error?.class).toBe('model_rate_limited');
    expect(path.heard.reports[1]!.error?.details).toMatchObject({ retryAfterMs: 60_000, status: 429 });
    expect(observe(await path.ask('[[scenario:rate-limited times=9 ms=1]]')).error?.class).toBe('model_rate_limited');
    expect(path.server.requests).toHaveLength(2 + 1 + 3);
  });

  it('names an address that does not answer, and tells the owner of the routes', async () => {
    const lost: string[] = [];
    const path = await openPath({ route: { serverId: 'gone' }, sockets: { onUnreachable: (route) => void lost.push(route.serverId) } });
    await path.server.dispose();
    expect(observe(await path.ask('Hi')).error).toEqual({ class: 'model_unreachable', cause: 'ECONNREFUSED' });
    expect(lost).toEqual(['gone']);
    expect(path.heard.reports[0]!.error!.message).toMatch(/^Scripted does not answer at 127\.0\.0\.1:\d+\.$/);
  });

  it('never fails because its listener does', async () => {
    const path = await openPath({ isUnassigned: true });
    path.socket.assign(testRoute(path.server.baseUrl), {
      onReport() {
        throw new Error('listener');
      },
    });
    expect(observe(await path.ask('Hi')).text).toBe('You said: Hi');
    await expect.poll(() => path.log.lines.some((line) => line.includes('listener'))).toBe(true);
  });
});

describe('what a call is measured by', () => {
  it('estimates tokens and says so when the server counts none', async () => {
    const path = await openPath();
    path.server.post('uncounted', { steps: [{ text: 'Sixteen letters.' }, { finish: 'stop' }, { done: true }] });
    await path.ask('[[scenario:uncounted]]');
    expect(path.heard.reports[0]!.usage).toMatchObject({ source: 'estimate', outputTokens: 4 });
  });

  it('counts what was asked of a call that is hung up, or too late, before its first token, but not of one that the server refused or is not there for', async () => {
    const prompt = 'x'.repeat(40_000);
    const path = await openPath({ route: limits({ firstTokenMs: 300 }) });
    const leave = new AbortController();
    const call = path.ask(`[[scenario:silent]] ${prompt}`, { signal: leave.signal }).catch(() => []);
    await expect.poll(() => path.server.requests.length).toBe(1);
    leave.abort();
    await call;
    await expect.poll(() => path.heard.reports.length).toBe(1);
    await path.ask(`[[scenario:silent]] ${prompt}`);
    await path.ask(`[[scenario:rate-limited ms=60000]] ${prompt}`);
    await path.server.dispose();
    await path.ask(prompt);
    const counted = path.heard.reports.map(({ usage }) => usage);
    expect(counted).toEqual([
      { source: 'estimate', inputTokens: expect.any(Number), outputTokens: 0 },
      { source: 'estimate', inputTokens: expect.any(Number), outputTokens: 0 },
      undefined,
      undefined,
    ]);
    for (const usage of counted.slice(0, 2)) expect(usage!.inputTokens).toBeGreaterThan(5_000);
  });

  it('tells the time to the first thought from the time to the first answer, and the speed', async () => {
    const path = await openPath();
    await path.ask('[[scenario:stream thinking=5 tokens=10 tps=200]]');
    const report = path.heard.reports[0]!;
    expect(report.firstAnswerMs! - report.firstThoughtMs!).toBeGreaterThan(10);
    expect(report.durationMs).toBeGreaterThan(report.firstAnswerMs!);
    expect(report.tokensPerSecond).toBeGreaterThan(0);
    expect(report).toMatchObject({ finish: 'stop', usage: { source: 'server', inputTokens: 12, outputTokens: 10 } });
  });

  it('passes every token on at once instead of gathering them', async () => {
    const path = await openPath();
    const seen: string[] = [];
    path.server.post('stepwise', { steps: [{ text: 'one ' }, { gate: 'second' }, { text: 'two' }, { finish: 'stop' }, { done: true }] });
    const call = path.ask('[[scenario:stepwise]]', { onEvents: (events) => void seen.push(...events.map((event) => event.kind)) });
    await expect.poll(() => seen).toEqual(['text']);
    path.server.release('second');
    await call;
    expect(seen).toContain('finish');
  });

  it('does not take a slow task for a silent server', async () => {
    const path = await openPath({ route: limits({ idleMs: 100 }) });
    path.server.post('flood', { steps: [{ text: 'x'.repeat(4_000_000) }, { finish: 'stop' }, { done: true }] });
    const response = await path.client.request({ method: 'POST', url: 'http://inference.local/v1/chat/completions', socketPath: path.socket.path, body: JSON.stringify({ messages: [{ role: 'user', content: '[[scenario:flood]]' }] }) });
    const start = Date.now();
    await expect.poll(() => Date.now() - start, { interval: 50 }).toBeGreaterThan(300);
    const text = Buffer.concat((await response.body.toArray()) as Buffer[]).toString();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(path.heard.reports[0]).toMatchObject({ finish: 'stop' });
  });
});
