import { describe, expect, it } from 'vitest';
import { expectEventually, startSession, useLogos, words } from './useLogos.ts';

describe('The keyboard', () => {
  const logos = useLogos();
  const hasFocus = () => expectEventually(() => logos.chat.hasFocus(), true);

  it('is in the composer after the first click on the icon of Logos', async () => {
    await hasFocus();
    await logos.workbench.page.keyboard.insertText('a draft');
    await expectEventually(() => logos.chat.field.inputValue(), 'a draft');
    await logos.chat.field.fill('');
  });

  it.each(['Escape', 'Enter'])('comes back from the picker of agents after %s', async (key) => {
    const { chat, workbench } = logos;
    await chat.status.getByRole('button', { name: /Choose another agent/ }).click();
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'visible' });
    await workbench.page.keyboard.press(key);
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await expectEventually(() => chat.frame.locator('body').evaluate(() => document.hasFocus() && document.activeElement !== document.body), true);
  });

  it('is in the composer after Continue, and the place of reading is kept while the chat is hidden', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[scenario:endless tps=20]]');
    await chat.waitForAnswer('w5');
    await workbench.page.keyboard.press('Escape');
    await chat.waitUntilIdle();
    await chat.button('Continue').click();
    await chat.button('Stop').waitFor();
    await hasFocus();
    await workbench.page.keyboard.press('Escape');
    await chat.waitUntilIdle();
    expect(await chat.answer.first().innerText()).toContain(words(1, 5));
    await chat.send('[[scenario:stream tokens=700 tps=400]]');
    await chat.waitForAnswer('w700', 30_000);
    await chat.waitUntilIdle();
    const box = await chat.log.boundingBox();
    await workbench.page.mouse.move(box!.x + 100, box!.y + 200);
    await workbench.page.mouse.wheel(0, -400);
    await chat.button(/^Go to the latest/).waitFor();
    const top = () => chat.log.evaluate((log) => {
      const edge = log.getBoundingClientRect().top;
      const block = [...log.querySelectorAll('.prose > *')].find((element) => element.getBoundingClientRect().bottom > edge + 1);
      return [block?.textContent?.slice(0, 30), Math.round((block?.getBoundingClientRect().top ?? 0) - edge)];
    });
    const before = await top();
    await workbench.activityIcon('Explorer').click();
    await chat.log.waitFor({ state: 'detached' }).catch(() => undefined);
    await workbench.openContainer('Logos');
    await expectEventually(top, before);
  });

  it('has a transcript of half of the side bar at 1400 x 900, and of 160 px at 200 % zoom with four lines of draft: beside them when the tree is folded, for who reads when it is not', async () => {
    const { chat, workbench } = logos;
    const { page } = workbench;
    await page.setViewportSize({ width: 1400, height: 900 });
    const sideBar = async () => (await page.locator('.part.sidebar').boundingBox())?.height ?? Infinity;
    await expectEventually(async () => (await chat.log.evaluate((log) => log.clientHeight)) >= (await sideBar()) / 2, true);
    await page.setViewportSize({ width: 700, height: 450 });
    await chat.field.fill('1\n2\n3\n4');
    const free = () => chat.log.evaluate((log) => Math.min(document.querySelector('.status')?.getBoundingClientRect().top ?? 0, log.getBoundingClientRect().bottom) - log.getBoundingClientRect().top);
    const box = await chat.log.boundingBox();
    await page.mouse.move(box!.x + 100, box!.y + 20);
    await page.mouse.wheel(0, -600);
    await expectEventually(async () => (await free()) >= 160, true);
    const tree = page.locator('.pane-header[aria-label^="Agents"]');
    await tree.click();
    await expectEventually(async () => (await chat.log.evaluate((log) => log.clientHeight)) >= 160, true);
    await tree.click();
    await page.setViewportSize({ width: 1400, height: 900 });
  });
});
