import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, textPart } from '../../support/chatScenes.ts';
import { makeAgent, makeSession, makeTurn, relayError } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { open, openComposer } = useChatBench();

const isInComposer = (page: Page) => page.evaluate(() => document.activeElement?.matches('.composer textarea') ?? false);
/** Watches from now on whether the focus is ever left with nobody for longer than a frame. */
const watchFocus = (page: Page) => page.evaluate(() => {
  const lost = { frames: 0 };
  Object.assign(globalThis, { lost });
  const look = () => {
    lost.frames += document.activeElement === null || document.activeElement === document.body ? 1 : 0;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
const lostFrames = (page: Page) => page.evaluate(() => (globalThis as unknown as { lost: { frames: number } }).lost.frames);

describe('the focus', () => {
  it('is in the composer as soon as a page that has it is there', async () => {
    const { page } = await open(emptyScene());
    await expect.poll(() => isInComposer(page)).toBe(true);
  });

  it.each(['Continue', 'Retry'])('goes to the composer after %s by the keyboard and by the mouse', async (name) => {
    for (const means of ['Enter', 'click'] as const) {
      const scene = emptyScene();
      const { page } = await openComposer(scene);
      const stream = startTurn(scene);
      stream.say('Some words');
      stream.end('interrupted');
      const button = page.getByRole('button', { name, exact: true }).first();
      await button.waitFor();
      await watchFocus(page);
      if (means === 'click') await button.click();
      else await button.press('Enter');
      stream.again(name === 'Retry' ? 'retry' : 'resume');
      await button.waitFor({ state: 'detached' });
      await expect.poll(() => isInComposer(page)).toBe(true);
      expect(await lostFrames(page)).toBeLessThanOrEqual(1);
    }
  });

  it('goes to the composer after each button that takes itself away: Remove, Remove queued message, Send Now, Dismiss', async () => {
    const scene = emptyScene();
    const { host, sessionId, agentId } = scene;
    const stopped = endedTurn(sessionId, 1, 'one', [textPart('Some')], { outcome: 'stopped' });
    const queued = makeTurn({ sessionId, ordinal: 2, text: 'two' });
    host.addSession(makeSession({ id: sessionId, agentId, isQueueHeld: true }), [stopped], [queued, makeTurn({ sessionId, ordinal: 3, text: 'three' })]);
    host.refusals.set('chat/send', [relayError('limit_exceeded', 'It is too much.')]);
    const { page, field } = await openComposer(scene);
    await field.fill('four');
    await field.press('Enter');
    const press = async (name: string, after: () => void = () => undefined) => {
      const button = page.getByRole('button', { name, exact: true }).first();
      await button.focus();
      await page.keyboard.press('Enter');
      after();
      await expect.poll(() => isInComposer(page), { message: name }).toBe(true);
    };
    await press('Remove');
    await press('Remove queued message', () => host.emit(sessionId, { kind: 'message.removed', messageId: queued.message.id }));
    host.refusals.set('chat/sendQueued', [relayError('internal', 'It did not work.')]);
    await page.getByRole('button', { name: 'Send Now' }).click();
    await page.getByText('It did not work.').waitFor();
    await press('Dismiss');
    await press('Send Now', () => host.emit(sessionId, { kind: 'session.changed', session: makeSession({ id: sessionId, agentId, isQueueHeld: false }) }));
  });

  it('stays where a click beside everything leaves a key to be heard', async () => {
    const scene = emptyScene();
    const { page, field } = await openComposer(scene);
    await page.locator('.status .word').click();
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);
    await page.keyboard.press('y');
    expect(await field.inputValue()).toBe('y');
  });

  it('goes from the button that chooses an agent to the composer when an agent comes', async () => {
    const scene = emptyScene();
    const agent = makeAgent({ name: 'Scout' });
    scene.host.agents.clear();
    const { page, host } = await open(scene);
    await page.getByRole('button', { name: 'New Agent' }).focus();
    host.setAgent(agent);
    host.post({ type: 'show', what: 'agent', agentId: agent.id, isQuiet: true });
    await expect.poll(() => isInComposer(page)).toBe(true);
  });
});
