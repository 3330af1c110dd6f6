import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, runningTurn, textPart, thinkingPart, toolPart } from '../../support/chatScenes.ts';
import { makeSession } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { open, openComposer } = useChatBench();
const secondsIn = async (page: Page, selector: string) => Number(/(\d+) s/.exec((await page.locator(selector).first().textContent()) ?? '')?.[1] ?? Number.NaN);

describe('while nothing comes from the model', () => {
  it('the row says which model it waits for and since when, and an answer that stands still says so in the room of its last line', async () => {
    const scene = emptyScene();
    const { page } = await open(scene);
    await page.clock.install();
    await page.reload();
    await page.locator('.composer textarea').waitFor();
    const stream = startTurn(scene);
    scene.host.emit(scene.sessionId, { kind: 'turn.status', phase: 'prompt' }, stream.turn.id);
    await page.getByText('Waiting for qwen3-coder:30b', { exact: true }).waitFor();
    await page.clock.runFor(12_000);
    await expect.poll(() => secondsIn(page, '.step.still')).toBeGreaterThanOrEqual(11);
    expect(await page.locator('.step.still').textContent()).toMatch(/^Waiting for qwen3-coder:30b, 1[1-3] s$/);
    scene.host.emit(scene.sessionId, { kind: 'turn.status', phase: 'answering' }, stream.turn.id);
    stream.say('A word.');
    await page.getByText('A word.').waitFor();
    expect(await page.getByText('Waiting for').count()).toBe(0);
    const height = await page.locator('article.turn').evaluate((turn) => turn.getBoundingClientRect().height);
    await page.clock.runFor(8_000);
    await page.locator('.usage').getByText(/^Waiting for qwen3-coder:30b, \d s$/).waitFor();
    expect(await page.locator('article.turn').evaluate((turn) => turn.getBoundingClientRect().height)).toBe(height);
    stream.say(' Another.');
    await page.getByText('Waiting for').waitFor({ state: 'detached' });
  });
});

describe('a gateway that does not answer', () => {
  it('is shown in the head and above the text with its seconds, and the way on after ten', async () => {
    const { page, host } = await openComposer(emptyScene());
    host.fallSilent(5_200);
    await page.getByText(/^The gateway has not answered for [5-7] s\. Messages wait here\.$/).waitFor();
    expect(await page.locator('.status .word').textContent()).toBe('Last known, just now');
    host.fallSilent(12_000);
    await page.getByRole('button', { name: 'Restart Gateway' }).waitFor();
    host.connect(false);
    await page.getByText('The gateway has not answered').waitFor({ state: 'detached' });
    await expect.poll(() => page.locator('.status .word').textContent()).toBe('Ready');
  });
});

describe('a view whose clock is wrong', () => {
  it.each([-3_600_000, 3_600_000])('by %i ms counts the same seconds as the gateway', async (wrongMs) => {
    const scene = emptyScene();
    const { host, sessionId, agentId } = scene;
    const now = Date.now();
    const thinking = { ...thinkingPart('Let me see.'), startedAt: now - 20_000 };
    delete (thinking as { durationMs?: number }).durationMs;
    const tool = toolPart({ title: 'sleep 99', state: 'running', output: 'on it\n', startedAt: now - 20_000 });
    delete (tool as { durationMs?: number }).durationMs;
    const turns = [
      { ...runningTurn(sessionId, 1, 'one', [tool, thinking]), phase: 'thinking' as const },
      { ...runningTurn(sessionId, 2, 'two', [textPart('Hm.')]), phase: 'prompt' as const, phaseAt: now - 20_000 },
    ];
    host.addSession(makeSession({ id: sessionId, agentId, state: 'working' }), turns);
    const { page } = await open(scene);
    await page.addInitScript((ms) => {
      const real = Date.now;
      Date.now = () => real() + ms;
    }, wrongMs);
    await page.reload();
    await page.getByText('Hm.').waitFor();
    const seconds = async () => [await secondsIn(page, 'logos-tool .time'), await secondsIn(page, 'logos-thinking .label'), await secondsIn(page, '.step.still')];
    const elapsed = () => Math.floor((Date.now() - now + 20_000) / 1000);
    for (const shown of await seconds()) expect(Math.abs(shown - elapsed())).toBeLessThanOrEqual(2);
    host.disconnect('it is away', 'offline', Date.now() - 125_000);
    await expect.poll(() => page.locator('.status .word').textContent()).toBe('Last known, 2 min ago');
    await page.getByText('it is away').waitFor();
  });
});
