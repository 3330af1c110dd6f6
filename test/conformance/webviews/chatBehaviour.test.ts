import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { useChatBench } from '../../support/chatBench.ts';
import { emptyScene, endedTurn, longScene, textPart, toolPart, workingScene } from '../../support/chatScenes.ts';
import { makeSandbox, makeSession } from '../../support/fakeChatHost.ts';
import { startTurn } from '../../support/startTurn.ts';

const { open, openComposer } = useChatBench();

const topOf = (page: Page, text: string) => page.evaluate((wanted) => [...document.querySelectorAll('.user')].find((element) => element.textContent?.trim().startsWith(wanted))?.getBoundingClientRect().top, text);
/** The piece that the reader's eye rests on: the first that reaches into the view. */
const pieceAtTop = (page: Page) => page.evaluate(() => {
  const edge = document.querySelector('.log')!.getBoundingClientRect().top;
  const piece = [...document.querySelectorAll<HTMLElement>('.log [data-anchor]')].find((element) => element.getBoundingClientRect().bottom > edge + 1)!;
  return { key: piece.dataset['anchor'], top: piece.getBoundingClientRect().top };
});
const isAtEnd = (page: Page) => page.evaluate(() => {
  const log = document.querySelector('.log')!;
  return log.scrollHeight - log.clientHeight - log.scrollTop <= 1;
});

describe('the composer', () => {
  it('sends with Enter, breaks the line with Shift+Enter, and shows the message in the same frame', async () => {
    const scene = emptyScene();
    const { page, field, host, complaints } = await openComposer(scene);
    host.held.add('chat/send');
    await field.pressSequentially('one');
    await field.press('Shift+Enter');
    await field.pressSequentially('two');
    const shown = page.evaluate(() => new Promise((resolve) => addEventListener('keydown', () => setTimeout(() => resolve(document.querySelector('.pendings')?.textContent)), { once: true, capture: true })));
    await field.press('Enter');
    expect(await shown).toContain('one\ntwo');
    expect(await field.inputValue()).toBe('');
    host.release('chat/send');
    await expect.poll(() => host.stored.size).toBe(1);
    expect([...host.stored.values()].map(({ text }) => text)).toEqual(['one\ntwo']);
    expect(complaints).toEqual([]);
  });

  it('does nothing while an input method is composing', async () => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    await field.focus();
    const session = await page.context().newCDPSession(page);
    await session.send('Input.imeSetComposition', { text: 'に', selectionStart: 1, selectionEnd: 1 });
    await page.evaluate(() => document.querySelector('textarea')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true })));
    await page.evaluate(() => document.querySelector('textarea')!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })));
    await session.send('Input.insertText', { text: '日本' });
    expect(await field.inputValue()).toBe('日本');
    await field.press('Enter');
    await expect.poll(() => [...host.stored.values()].map(({ text }) => text)).toEqual(['日本']);
  });

  it('locks with the exact sentence while the sandbox starts, keeps the draft, and unlocks by itself', async () => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    await field.fill('Why does it fail');
    host.setSandbox(makeSandbox(scene.agentId, { phase: 'starting', isChatReady: false }));
    await page.getByText('sandbox is provisioning, chat will unlock when ready.', { exact: true }).first().waitFor();
    expect(await field.getAttribute('readonly')).toBe('');
    expect(await field.inputValue()).toBe('Why does it fail');
    await field.press('Enter');
    expect(host.stored.size).toBe(0);
    host.setSandbox(makeSandbox(scene.agentId));
    await expect.poll(() => field.getAttribute('readonly')).toBeNull();
    await field.press('Enter');
    await expect.poll(() => host.stored.size).toBe(1);
  });

  it('keeps what was written offline through a reload of the page, and sends it by itself, once', async () => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    host.disconnect();
    await page.getByText('Reconnecting to the gateway. Messages wait here.').waitFor();
    await field.fill('and check the CI timeout');
    await field.press('Enter');
    await page.getByText('Not sent yet. It is sent when the gateway is back.').waitFor();
    await field.fill('a draft');
    await page.reload();
    await expect.poll(() => field.inputValue()).toBe('a draft');
    await page.getByText('Not sent yet. It is sent when the gateway is back.').waitFor();
    host.connect();
    await expect.poll(() => [...host.stored.values()].map(({ text }) => text)).toEqual(['and check the CI timeout']);
    await expect.poll(() => page.getByText('Not sent yet').count()).toBe(0);
    expect(await page.locator('.user').count()).toBe(1);
  });

  it('grows with its text to 40 % of the view and no further', async () => {
    const { page, field } = await openComposer(emptyScene(), { height: 600 });
    const height = () => field.evaluate((element) => element.getBoundingClientRect().height);
    const one = await height();
    await field.fill('1\n2\n3\n4');
    expect(await height()).toBeGreaterThan(one + 40);
    await field.fill('line\n'.repeat(200));
    expect(await height()).toBeLessThanOrEqual(240);
    expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(600);
  });

  it('measures no text of many thousand characters at every key, and a short one again after it', async () => {
    const { page, field } = await openComposer(emptyScene(), { height: 600 });
    const long = 'some words\n'.repeat(4000);
    const facts = () => field.evaluate((element) => ({ dir: element.getAttribute('dir'), spelling: element.getAttribute('spellcheck'), sizing: getComputedStyle(element).getPropertyValue('field-sizing') }));
    const whole = { dir: 'ltr', spelling: 'false', sizing: 'fixed' };
    const paste = async (text: string): Promise<void> => {
      await page.evaluate((source) => {
        const copied = document.createElement('textarea');
        document.body.append(copied);
        copied.value = source;
        copied.select();
        document.execCommand('copy');
        copied.remove();
      }, text);
      await field.press('Control+A');
      await field.press('Control+V');
    };
    await field.evaluate((element) => element.addEventListener('input', () => (element.dataset['at'] = `${element.getAttribute('dir')} ${element.getAttribute('spellcheck')}`), { once: true }));
    await paste(long);
    expect(await field.getAttribute('data-at')).toBe('ltr false');
    await field.press('x');
    expect(await field.inputValue()).toBe(`${long}x`);
    expect(await facts()).toEqual(whole);
    expect(await field.evaluate((element) => element.getBoundingClientRect().height)).toBe(240);
    await paste('short');
    await expect.poll(facts).toEqual({ dir: 'auto', spelling: 'true', sizing: 'content' });
  });

  it('stops with Escape, says so at once, and offers force after five seconds', async () => {
    const scene = emptyScene();
    const { page, host } = await open(scene);
    await page.clock.install();
    await page.reload();
    const field = page.locator('.composer textarea');
    startTurn(scene).say('Some words');
    await page.locator('button.stop').waitFor();
    await field.focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('button.stop').textContent()).toContain('Stopping…');
    expect(host.requests.filter(({ method }) => method === 'chat/stop')).toHaveLength(1);
    await page.clock.runFor(6500);
    await expect.poll(() => page.locator('button.stop').textContent()).toContain('Force Stop');
  });
});

describe('Stop', () => {
  it.each(['Escape', 'the button'])('by %s stops the second and the third attempt at once, also after a reload of the page', async (means) => {
    const scene = emptyScene();
    const { page, field, host } = await openComposer(scene);
    const stop = page.locator('button.stop');
    const stream = startTurn(scene);
    for (const mode of ['resume', 'retry', 'resume'] as const) {
      stream.say('Some words');
      await expect.poll(() => stop.textContent()).toMatch(/^Stop(Esc)?$/);
      await field.focus();
      const asked = host.requests.filter(({ method }) => method === 'chat/stop').length;
      if (means === 'Escape') await page.keyboard.press('Escape');
      else await stop.click();
      await expect.poll(() => stop.textContent()).toContain('Stopping…');
      expect(host.requests.filter(({ method }) => method === 'chat/stop')).toHaveLength(asked + 1);
      stream.end('stopped');
      await expect.poll(() => stop.count()).toBe(0);
      if (mode === 'retry') await page.reload();
      stream.again(mode);
    }
  });
});

describe('the transcript', () => {
  it('streams without drawing finished blocks again, and the finished message changes nothing', async () => {
    const scene = emptyScene();
    const { page, complaints } = await openComposer(scene);
    const stream = startTurn(scene);
    stream.say('First paragraph.\n\n```js\nlet a = 1;\n```\n\n- one\n- two\n\nSecond');
    await page.getByText('Second').waitFor();
    await page.evaluate(() => {
      const touched: string[] = [];
      Object.assign(globalThis, { touched });
      for (const block of document.querySelectorAll('.prose > *:not(:last-child)')) {
        new MutationObserver((records) => touched.push(...records.map(({ type, target }) => `${type} ${target.nodeName}`))).observe(block, { subtree: true, childList: true, characterData: true, attributes: true });
      }
      Object.assign(globalThis, { blocks: [...document.querySelectorAll('.prose > *')] });
    });
    for (const word of [' paragraph', ' goes', ' on.', '\n\nThird', ' one.']) stream.say(word);
    stream.end();
    await page.getByText('Third one.').waitFor();
    await expect.poll(() => page.locator('.caret').count()).toBe(0);
    const kept = await page.evaluate(() => (globalThis as unknown as { blocks: Element[]; touched: string[] }).blocks.slice(0, -1).every((block) => block.isConnected));
    const touched = await page.evaluate(() => (globalThis as unknown as { touched: string[] }).touched.filter((record) => !record.includes('BUTTON')));
    expect({ kept, touched, complaints }).toEqual({ kept: true, touched: [], complaints: [] });
  });

  it('draws hostile markdown as text: no element, no picture, no link of it comes alive', async () => {
    const scene = emptyScene();
    const hostile = '<script>globalThis.hit = 1</script>\n\n<img src=x onerror="globalThis.hit=1">\n\n[a](javascript:globalThis.hit=1) [b](data:text/html,x) ![p](https://evil.test/p.png) <b onclick=x>bold</b> [c](command:x) \u202Eabc\n\n<style>*{display:none}</style>\n\n| <i>x</i> |\n| - |\n| <svg onload=hit> |';
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId, title: '<u>t</u>' }), [endedTurn(scene.sessionId, 1, '<h1>me</h1>', [textPart(hostile), toolPart({ title: '<s>x</s>', output: '<b>\u001b]8;;javascript:1\u0007x\u001b[31mred', state: 'failed' })])]);
    const { page, host, complaints } = await openComposer(scene);
    await page.getByText('globalThis.hit = 1').waitFor();
    const found = await page.evaluate(() => ({
      alive: document.querySelectorAll('.log :is(script, img, style, iframe, svg, b, u, s, i:not(.codicon))').length,
      hit: (globalThis as { hit?: number }).hit,
      links: [...document.querySelectorAll<HTMLAnchorElement>('.log a')].map((link) => link.href),
    }));
    expect(found).toEqual({ alive: 0, hit: undefined, links: ['https://evil.test/p.png'] });
    expect(await page.locator('.bidi').textContent()).toBe('U+202E');
    await page.locator('.log a').click();
    await expect.poll(() => host.commands).toEqual([{ type: 'command', command: 'openLink', args: { href: 'https://evil.test/p.png' } }]);
    expect(complaints).toEqual([]);
  });

  it('draws few elements of 5,000 turns, reads older ones on the way up, and keeps the place of reading', async () => {
    const scene = longScene(5000);
    const { page, host } = await openComposer(scene);
    await page.getByText('Question 5000', { exact: true }).waitFor();
    expect(await isAtEnd(page)).toBe(true);
    await page.mouse.move(190, 300);
    for (let round = 0; round < 12; round += 1) {
      await page.mouse.wheel(0, -2500);
      await page.waitForFunction(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true)))));
    }
    await expect.poll(() => host.requests.filter(({ method }) => method === 'sessions/turns').length).toBeGreaterThan(1);
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThanOrEqual(3000);
    expect(await page.locator('logos-turn').count()).toBeGreaterThan(2);
    const visible = await page.evaluate(() => [...document.querySelectorAll('.log .user')].filter((element) => element.getBoundingClientRect().top > 90 && element.getBoundingClientRect().top < 500).map((element) => element.textContent?.trim())[0]);
    expect(visible).toMatch(/^Question 4[0-9]{3}$/);
  });

  it('stays where the reader is while text arrives, tells what is new, and follows again at the end', async () => {
    const scene = longScene(40);
    const { page } = await openComposer(scene);
    await page.getByText('Question 40', { exact: true }).waitFor();
    await page.mouse.move(190, 300);
    await page.mouse.wheel(0, -1500);
    await page.locator('.jump').waitFor();
    await expect.poll(async () => (await page.locator('.jump').textContent())?.trim()).toBe('Latest');
    const text = await page.evaluate(() => [...document.querySelectorAll('.log .user')].find((element) => element.getBoundingClientRect().top > 90)?.textContent?.trim() ?? '');
    const before = await topOf(page, text);
    const stream = startTurn(scene, 'a new one');
    for (let word = 0; word < 30; word += 1) stream.say('Some words that make the answer longer. ');
    await expect.poll(async () => (await page.locator('.jump').textContent())?.trim()).toBe('2 new');
    expect(Math.abs(((await topOf(page, text)) ?? 0) - (before ?? 0))).toBeLessThanOrEqual(1);
    const read = await pieceAtTop(page);
    await page.setViewportSize({ width: 300, height: 700 });
    await expect.poll(async () => (await pieceAtTop(page)).key).toBe(read.key);
    await expect.poll(async () => Math.abs((await pieceAtTop(page)).top - read.top)).toBeLessThanOrEqual(2);
    await page.locator('.jump').click();
    await expect.poll(() => isAtEnd(page)).toBe(true);
    stream.say('And more.');
    await page.getByText('And more.').waitFor();
    await expect.poll(() => isAtEnd(page)).toBe(true);
    await page.setViewportSize({ width: 500, height: 500 });
    await expect.poll(() => isAtEnd(page)).toBe(true);
  });

  it('breaks one step alone when it cannot be drawn', async () => {
    const scene = emptyScene();
    const bad = { kind: 'tool', partId: 'bad', callId: 'bad', tool: 'run_command', title: null, args: {}, state: 'done', output: '', startedAt: 0 };
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'hello', [bad as never, textPart('The rest lives on.')])]);
    const { page, host } = await openComposer(scene);
    await page.getByText('This step could not be shown').waitFor();
    await page.getByText('The rest lives on.').waitFor();
    await page.getByRole('button', { name: 'Copy Raw' }).click();
    await expect.poll(() => host.commands.map(({ command }) => command)).toEqual(['log', 'copyText']);
  });

  it('is worked by the keyboard alone: steps by arrows, folds by Right and Left, Escape to the composer', async () => {
    const { page, field } = await openComposer(workingScene());
    await page.locator('.out').waitFor();
    await field.focus();
    await page.keyboard.press('Control+ArrowUp');
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('.log') !== null)).toBe(true);
    await page.keyboard.press('Home');
    expect(await page.evaluate(() => document.activeElement?.matches('.user'))).toBe(true);
    for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Thought for 9 s');
    await page.keyboard.press('ArrowRight');
    await page.locator('.think-body').waitFor();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.locator('.think-body').count()).toBe(0);
    const stops = await page.evaluate(() => [...document.querySelectorAll('.log [data-stop][tabindex="0"]')].length);
    expect(stops).toBe(1);
    await page.keyboard.press('Escape');
    expect(await field.evaluate((element) => document.activeElement === element)).toBe(true);
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('x');
    expect(await field.inputValue()).toBe('x');
  });

  it('reaches Copy and Retry under a finished answer by Tab from its last step', async () => {
    const scene = emptyScene();
    scene.host.addSession(makeSession({ id: scene.sessionId, agentId: scene.agentId }), [endedTurn(scene.sessionId, 1, 'one', [textPart('First'), toolPart({ title: 'ls' }), textPart('Last')])]);
    const { page, field } = await openComposer(scene);
    await page.getByText('Last', { exact: true }).waitFor();
    await field.focus();
    await page.keyboard.press('Control+ArrowUp');
    await page.keyboard.press('Home');
    await page.keyboard.press('End');
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).toBe('Answer');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Copy answer');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Retry');
    await page.keyboard.press('Home');
    expect(await page.locator('.usage button[tabindex="0"]').count()).toBe(0);
  });

  it('tells a screen reader the beginning and the end of a turn, and nothing in between', async () => {
    const scene = emptyScene();
    const { page } = await openComposer(scene);
    const stream = startTurn(scene);
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Coder is working.');
    stream.say('Four words are said.');
    await page.getByText('Four words').waitFor();
    expect(await page.getByRole('status').textContent()).toBe('Coder is working.');
    stream.end();
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Coder finished in 1 second: 4 words.');
    expect(await page.locator('[role=log]').getAttribute('aria-live')).toBe('off');
  });
});
