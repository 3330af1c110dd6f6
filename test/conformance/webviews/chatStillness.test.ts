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

  it.each([[377, 173], [369, 123]])('is all of a very low view (%i x %i px, as zoom leaves it below an open tree) for who reads, whatever stands in the draft', async (width, height) => {
    const { page, field } = await openComposer(longScene(12), { width, height });
    await field.fill('1\n2\n3\n4');
    /** Px of the transcript that nothing covers, and whether the dock stands whole below the last step. */
    const room = () => page.evaluate(() => {
      const [log, status, foot, last] = ['.log', '.status', '.foot', 'logos-turn:last-of-type'].map((selector) => document.querySelector(selector)!.getBoundingClientRect());
      return { free: Math.round(Math.min(status!.top, log!.bottom) - log!.top), isDocked: Math.abs(foot!.bottom - innerHeight) < 1 && status!.bottom <= foot!.top + 1 && last!.bottom <= status!.top + 1, isFocused: document.activeElement?.localName === 'textarea' };
    });
    await expect.poll(room).toMatchObject({ isDocked: true, isFocused: true });
    await page.mouse.move(100, 20);
    await page.mouse.wheel(0, -900);
    await expect.poll(async () => (await room()).free).toBe(height);
    expect(await page.locator('.sticky').isVisible()).toBe(false);
    await page.keyboard.type('5');
    await expect.poll(room).toMatchObject({ isDocked: true, isFocused: true });
    expect(await field.inputValue()).toBe('1\n2\n3\n45');
    await page.locator('.log').focus();
    await page.mouse.wheel(0, -900);
    await expect.poll(async () => (await room()).free).toBe(height);
    await page.keyboard.press('Escape');
    await expect.poll(room).toMatchObject({ isDocked: true, isFocused: true });
    await page.setViewportSize({ width, height: 600 });
    await expect.poll(() => page.locator('.status').evaluate((status) => status.getBoundingClientRect().top)).toBe(0);
    expect(await page.evaluate(() => [document.documentElement.scrollWidth <= window.innerWidth, document.documentElement.scrollHeight <= window.innerHeight])).toEqual([true, true]);
  });

  it('of a very low view lets what scrolls in be pressed where it stands, and comes back for a composer that is asked for from outside', async () => {
    const { page, host, field } = await openComposer(longScene(12), { width: 377, height: 173 });
    const top = () => page.locator('.status').evaluate((status) => Math.round(status.getBoundingClientRect().top));
    await field.fill('1\n2');
    await expect.poll(() => page.locator('.foot').evaluate((foot) => Math.abs(foot.getBoundingClientRect().bottom - innerHeight) < 1)).toBe(true);
    const docked = await top();
    await page.mouse.move(100, 20);
    await page.mouse.wheel(0, -50);
    await expect.poll(top).toBeGreaterThan(docked + 24);
    const before = await top();
    await page.locator('.status .who').click();
    await expect.poll(() => host.commands.map(({ command }) => command)).toContain('chooseAgent');
    expect(await top()).toBe(before);
    await page.mouse.move(100, 20);
    await page.mouse.wheel(0, -900);
    await expect.poll(top).toBeGreaterThanOrEqual(173);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    host.post({ type: 'show', what: 'composer' });
    await expect.poll(top).toBe(docked);
    expect(await field.evaluate((box) => box === document.activeElement)).toBe(true);
  });

  it('is what nothing else needs', async () => {
    const scene = emptyScene();
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'hello', [textPart('An answer')])]);
    const { page } = await openComposer(scene, { height: 700 });
    expect(await logHeight(page)).toBeGreaterThanOrEqual(560);
  });
});
