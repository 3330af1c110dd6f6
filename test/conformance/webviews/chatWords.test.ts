import { describe, expect, it } from 'vitest';
import { maxMessageChars } from '../../../server/protocol/messageLimit.ts';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, textPart, thinkingPart, usage } from '../../support/chatScenes.ts';
import type { Scene } from '../../support/chatScenes.ts';
import { makeSession } from '../../support/fakeChatHost.ts';

const { openComposer } = useChatBench();

function sceneOf(...turns: readonly ((sessionId: string) => ReturnType<typeof endedTurn>)[]): Scene {
  const scene = emptyScene();
  scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), turns.map((turn) => turn(scene.sessionId)));
  return scene;
}

describe('a text that is longer than a message may be', () => {
  it('is taken whole into the composer, refused aloud, and sent whole once it is short enough', async () => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    const long = `${'words '.repeat(209_715).slice(0, 1_258_289)} the end`;
    await field.focus();
    const session = await page.context().newCDPSession(page);
    await session.send('Input.insertText', { text: long });
    await page.getByRole('alert').filter({ hasText: 'This is too long to send: 1,258,297 of 1,048,576 characters. Shorten it by 209,721; nothing was cut.' }).waitFor();
    expect(await field.evaluate((element) => (element as HTMLTextAreaElement).value.length)).toBe(long.length);
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);
    await field.press('Enter');
    expect(host.requests.filter(({ method }) => method === 'chat/send')).toEqual([]);
    expect(await field.evaluate((element) => (element as HTMLTextAreaElement).value.endsWith('the end'))).toBe(true);
    await field.fill(long.slice(-maxMessageChars));
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await field.press('Enter');
    await expect.poll(() => [...host.stored.values()].map(({ text }) => text.length)).toEqual([maxMessageChars]);
  });
});

describe('a copy', () => {
  it('is whole however long the text is, is confirmed in the place of its icon, and is told to a screen reader', async () => {
    const long = 'All of it. '.repeat(150_000);
    const { page, host } = await openComposer(sceneOf((sessionId) => endedTurn(sessionId, 1, long.slice(0, 1_048_576), [textPart(long)], { usage })));
    for (const [name, text] of [['Copy answer', long], ['Copy message', long.slice(0, 1_048_576)]] as const) {
      const copy = page.getByRole('button', { name });
      await copy.click();
      await expect.poll(() => copy.textContent()).toBe('Copied');
      expect(await page.getByRole('status').textContent()).toBe('Copied.');
      const command = host.commands.at(-1);
      expect(command?.command === 'copyText' && command.args.text === text).toBe(true);
      await expect.poll(() => copy.locator('.codicon-copy').count(), { timeout: 5_000 }).toBe(1);
    }
  });

  it('that failed says so', async () => {
    const scene = sceneOf((sessionId) => endedTurn(sessionId, 1, 'hello', [textPart('An answer')], { usage }));
    scene.host.canCopy = false;
    const { page } = await openComposer(scene);
    await page.getByRole('button', { name: 'Copy answer' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Copy answer' }).textContent()).toBe('Not copied');
  });
});

describe('the end of an answer', () => {
  it('names the cause before the advice', async () => {
    const error = { class: 'model_unreachable', message: 'No answer.', cause: 'ECONNREFUSED', hint: 'Start it.', retryable: true, details: { server: 'LM Studio', address: 'localhost:1234' } } as const;
    const { page } = await openComposer(sceneOf((sessionId) => endedTurn(sessionId, 1, 'hello', [], { outcome: 'failed', error })));
    await page.getByText('It refused at localhost:1234. Start LM Studio or choose another model.', { exact: true }).waitFor();
  });

  it('has one word for going on, and no colour of a failure where only the steps were used up', async () => {
    const spent = { class: 'budget_spent', message: '90 of 90 steps used.', cause: 'iterations', hint: 'Continue to give it more steps.', retryable: false } as const;
    const killed = { class: 'cancelled', message: 'The gateway ended while the agent was answering.', cause: 'gateway_killed', hint: 'Continue.', retryable: true } as const;
    for (const given of [{ outcome: 'iterations_spent', error: spent }, { outcome: 'interrupted', error: killed }, { outcome: 'stopped' }] as const) {
      const { page, host } = await openComposer(sceneOf((sessionId) => endedTurn(sessionId, 1, 'hello', [textPart('Some of it')], given)));
      await page.getByText('Some of it').waitFor();
      expect(await page.getByRole('button', { name: 'Resume' }).count()).toBe(0);
      expect(await page.locator('.notice.bad, .log .failed').count()).toBe(0);
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect.poll(() => host.requests.find(({ method }) => method === 'chat/retry')?.params).toMatchObject({ mode: 'resume' });
    }
  });
});

describe('a text that runs from right to left', () => {
  it('begins at the right in messages, thinking, quotes and lists, each block in its own direction', async () => {
    const answer = 'שלום עולם\n\nEnglish here\n\n> ציטוט אחד\n\n- פריט ראשון\n\n  המשך\n\n1. one';
    const { page } = await openComposer(sceneOf((sessionId) => endedTurn(sessionId, 1, 'English first\nואז עברית', [thinkingPart('First in English.\nואז חושבים'), textPart(answer)])));
    await page.locator('logos-thinking button.step').click();
    await page.locator('.think-body').waitFor();
    const sides = await page.evaluate(() => {
      /** Where the ink of a text stands in its column: nearer to which edge. */
      const sideOf = (text: string, box: string): string => {
        const walker = document.createTreeWalker(document.querySelector('.log')!, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
          const at = node.textContent?.indexOf(text) ?? -1;
          const column = node.parentElement?.closest(box)?.getBoundingClientRect();
          if (at < 0 || column === undefined) continue;
          const range = document.createRange();
          range.setStart(node, at);
          range.setEnd(node, at + text.length);
          const ink = range.getBoundingClientRect();
          return ink.left - column.left > column.right - ink.right ? 'right' : 'left';
        }
        return 'nowhere';
      };
      const barOf = (box: string) => {
        const style = getComputedStyle(document.querySelector(box)!);
        return style.borderRightWidth !== '0px' ? 'right' : 'left';
      };
      return {
        message: [sideOf('English first', '.user'), sideOf('ואז עברית', '.user')],
        thinking: [sideOf('First in English', '.think-body'), sideOf('ואז חושבים', '.think-body')],
        answer: [sideOf('שלום עולם', '.prose'), sideOf('English here', '.prose')],
        quote: [sideOf('ציטוט אחד', '.prose'), barOf('.prose blockquote')],
        list: [sideOf('פריט ראשון', '.prose'), getComputedStyle(document.querySelector('.prose ul')!).paddingRight, sideOf('one', '.prose')],
      };
    });
    expect(sides).toEqual({ message: ['left', 'right'], thinking: ['left', 'right'], answer: ['right', 'left'], quote: ['right', 'right'], list: ['right', '20px', 'left'] });
  });
});
