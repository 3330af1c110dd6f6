import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, longScene, textPart, usage } from '../../support/chatScenes.ts';
import type { Scene } from '../../support/chatScenes.ts';
import { makeSession } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { openComposer } = useChatBench();

/** Notes in each frame from now on where things stand: by name, the distinct tops in px. */
const watchPlaces = (page: Page, selectors: Readonly<Record<string, string>>) => page.evaluate((wanted) => {
  const places: Record<string, number[]> = {};
  Object.assign(globalThis, { places });
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      const top = [...document.querySelectorAll(selector)].at(-1)?.getBoundingClientRect().top;
      if (top !== undefined && !(places[name] ??= []).includes(Math.round(top))) places[name].push(Math.round(top));
    }
    requestAnimationFrame(look);
  };
  look();
}, selectors);
const places = async (page: Page) => {
  await page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))));
  return page.evaluate(() => (globalThis as unknown as { places: Record<string, number[]> }).places);
};
const once = { composer: [expect.any(Number)], head: [expect.any(Number)] };

/** A session whose transcript overflows, read at its end. */
function fullScene(): Scene {
  return longScene(12);
}

describe.each([240, 380])('at %i px nothing on screen moves', (width) => {
  it('when a turn starts, from the press of Enter on', async () => {
    const scene = fullScene();
    const { page, field, host } = await openComposer(scene, { width });
    await page.getByText('Question 12', { exact: true }).waitFor();
    host.held.add('chat/send');
    await field.fill('hello there');
    await field.press('Enter');
    await page.getByText('hello there').waitFor();
    await page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
    await watchPlaces(page, { prompt: '.user', answer: 'logos-text', composer: '.composer', head: '.status' });
    await page.getByText('Sending…').waitFor();
    host.release('chat/send');
    await page.locator('.pendings .user').waitFor();
    const turn = host.sessions.get(scene.sessionId)!.view.queue[0]!;
    host.emit(scene.sessionId, { kind: 'turn.started', attempt: 1, mode: 'first', messageId: 'm' }, turn.id);
    await page.locator('button.stop').waitFor();
    host.emit(scene.sessionId, { kind: 'turn.status', phase: 'prompt' }, turn.id);
    await page.getByText('Waiting for').waitFor();
    expect(await places(page)).toEqual({ ...once, prompt: [expect.any(Number)], answer: [expect.any(Number)] });
    expect(await page.locator('.qrow').count()).toBe(0);
  });

  it.each(['completed', 'stopped'] as const)('when a turn ends as %s', async (outcome) => {
    const scene = fullScene();
    const { page } = await openComposer(scene, { width });
    const stream = startTurn(scene, 'hello there');
    stream.say('One line that fills the width of the view nearly to its right edge or so.');
    await page.getByText('One line').waitFor();
    await page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
    await watchPlaces(page, { prompt: '.user', answer: 'logos-text', composer: '.composer', head: '.status' });
    scene.host.emit(scene.sessionId, { kind: 'usage', usage }, stream.turn.id);
    stream.end(outcome);
    await page.getByText('1,240 in').last().waitFor();
    expect(await places(page)).toEqual({ ...once, prompt: [expect.any(Number)], answer: [expect.any(Number)] });
  });
});

describe('the room of the transcript', () => {
  const logHeight = (page: Page) => page.locator('.log').evaluate((log) => log.clientHeight);

  it.each([[190, 432], [350, 229]])('is at least 160 px beside a draft of four lines, in a view of %i x %i px as zoom leaves it', async (width, height) => {
    const { page, field } = await openComposer(longScene(12), { width, height });
    await field.fill('1\n2\n3\n4');
    await expect.poll(() => logHeight(page)).toBeGreaterThanOrEqual(160);
    expect(await page.locator('.policy').isVisible()).toBe(true);
    expect(await page.getByRole('button', { name: 'Send' }).isVisible()).toBe(true);
    expect(await page.evaluate(() => [document.documentElement.scrollWidth <= window.innerWidth, document.documentElement.scrollHeight <= window.innerHeight])).toEqual([true, true]);
  });

  it('is what nothing else needs', async () => {
    const scene = emptyScene();
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'hello', [textPart('An answer')])]);
    const { page } = await openComposer(scene, { height: 700 });
    expect(await logHeight(page)).toBeGreaterThanOrEqual(560);
  });
});
