import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

const pictures = path.resolve(import.meta.dirname, '../../artifacts/pictures');
const themes = ['Dark Modern', 'Light Modern', 'Dark High Contrast', 'Light High Contrast'];

describe('Sessions that were deleted, in the tree', () => {
  const logos = useLogos();
  const names = async () => (await logos.workbench.treeRows('Agents')).map((row) => row.split(',')[0]);
  const ids: string[] = [];

  async function chooseFromMenu(label: string): Promise<void> {
    const { page } = logos.workbench;
    const header = page.locator('.pane-header[aria-label^="Agents"]');
    await header.hover();
    const item = page.getByRole('menuitem', { name: label });
    // A click in the moment in which the header draws its buttons opens nothing.
    await expect.poll(async () => {
      if (!(await item.isVisible())) await header.getByRole('button', { name: /More Actions/ }).click();
      return item.waitFor({ timeout: 2_000 }).then(() => true, () => false);
    }, { timeout: 20_000 }).toBe(true);
    // Enter takes the row that the menu has under the keyboard, which follows the mouse a moment later.
    await expect.poll(async () => {
      await item.hover();
      return item.evaluate((row) => row.closest('.action-item')?.classList.contains('focused') === true || row === document.activeElement);
    }).toBe(true);
    await page.keyboard.press('Enter');
  }

  async function moveTo(name: string): Promise<void> {
    const { page } = logos.workbench;
    const tree = page.locator('.pane:has(.pane-header[aria-label^="Agents"]) .monaco-list');
    await tree.focus();
    await page.keyboard.press('Home');
    for (let step = 0; step < (await names()).indexOf(name); step += 1) await page.keyboard.press('ArrowDown');
    await tree.locator(`.monaco-list-row.focused[aria-label^="${name}"]`).waitFor();
  }

  beforeAll(async () => {
    fs.mkdirSync(pictures, { recursive: true });
    const client = await logos.host.client();
    const { items } = await client.request<{ items: { id: string; name: string }[] }>('agents/list', {});
    const agentId = items.find(({ name }) => name === 'Coder')?.id;
    for (const title of ['Why the build is slow', 'A parser for the logs', 'Names for the new module', 'The retry test', 'Words for the release']) {
      const sessionId = v7();
      ids.push(sessionId);
      await client.request('sessions/create', { sessionId, agentId, title });
    }
    for (const sessionId of ids.slice(0, 2)) await client.request('sessions/delete', { sessionId });
    await expectEventually(names, ['Assistant', 'Coder']);
    // A tree draws the rows that are in sight alone.
    await logos.workbench.setPaneTop('Chat', 450);
    await logos.workbench.treeRow('Agents', 'Coder').locator('.monaco-tl-twistie').click();
    await expectEventually(names, ['Assistant', 'Coder', 'Words for the release', 'The retry test', 'Names for the new module']);
  });

  it('stand there only under Show Deleted, below the others, with the icon of the bin', async () => {
    await chooseFromMenu('Show Deleted');
    await expectEventually(names, ['Assistant', 'Coder', 'Words for the release', 'The retry test', 'Names for the new module', 'A parser for the logs', 'Why the build is slow']);
    expect(await logos.workbench.treeRow('Agents', 'A parser for the logs, deleted').locator('.codicon-trash').count()).toBe(1);
  });

  for (const theme of themes)
    it(`look as they should in ${theme}`, async () => {
      const { workbench } = logos;
      await workbench.chooseTheme(theme);
      for (const width of [240, 300, 480]) {
        await workbench.setSideBarWidth(width);
        await workbench.treeRow('Agents', 'A parser for the logs').hover();
        await workbench.page.screenshot({ path: path.join(pictures, `deleted-${theme.toLowerCase().replaceAll(' ', '-')}-${width}.png`), clip: { x: 0, y: 0, width: width + 120, height: 420 } });
      }
      await workbench.restMouse();
    });

  it('are read in the chat by a click, which says where they are restored', async () => {
    const { chat, workbench } = logos;
    await workbench.treeRow('Agents', 'Why the build is slow').click();
    await chat.strips.getByText('This session was deleted. Restore it to go on.').waitFor();
    await chat.status.getByText('Why the build is slow').waitFor();
    expect(await chat.button('Restore').count()).toBe(1);
  });

  it('are restored by the button of their row', async () => {
    const row = logos.workbench.treeRow('Agents', 'A parser for the logs');
    await row.hover();
    await row.getByRole('button', { name: /^Restore Session/ }).click();
    await expectEventually(names, ['Assistant', 'Coder', 'A parser for the logs', 'Words for the release', 'The retry test', 'Names for the new module', 'Why the build is slow']);
  });

  it('are deleted for good by the key Delete, after a question that says what goes', async () => {
    const { workbench } = logos;
    await moveTo('Why the build is slow');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByText('Delete session “Why the build is slow” for good?').waitFor();
    await workbench.page.screenshot({ path: path.join(pictures, 'deleted-question.png') });
    // The keyboard is on the button that keeps it.
    await workbench.page.keyboard.press('Enter');
    await workbench.dialog.waitFor({ state: 'hidden' });
    expect(await names()).toContain('Why the build is slow');
    await moveTo('Why the build is slow');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByRole('button', { name: 'Delete for Good' }).click();
    await expectEventually(names, ['Assistant', 'Coder', 'A parser for the logs', 'Words for the release', 'The retry test', 'Names for the new module']);
    const client = await logos.host.client();
    await expect(client.request('sessions/get', { sessionId: ids[0] })).rejects.toMatchObject({ errorClass: 'not_found' });
  });

  it('are listed for Restore Session in the command palette', async () => {
    const { workbench } = logos;
    await moveTo('The retry test');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByText('Delete session “The retry test”?').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Delete' }).click();
    await expectEventually(async () => (await names()).at(-1), 'The retry test');
    await workbench.runCommand('Logos: Restore Session');
    await workbench.chooseRow('Restore Session', 'The retry test');
    await expectEventually(async () => (await names())[2], 'The retry test');
    await chooseFromMenu('Hide Deleted');
  });

  it('leave the row of the open session selected, and the keyboard where it is', async () => {
    const { workbench, chat } = logos;
    const selected = () => workbench.page.locator('.pane:has(.pane-header[aria-label^="Agents"]) .monaco-list-row.selected').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')?.split(',')[0] ?? ''));
    await workbench.treeRow('Agents', 'Words for the release').click();
    await expectEventually(selected, ['Words for the release']);
    await startSession(logos, 'Coder');
    await expectEventually(selected, ['Coder']);
    await chat.send('[[say:Here.]] A new one');
    await chat.waitForAnswer('Here.');
    await expectEventually(async () => (await selected())[0]?.includes('A new one'), true);
    expect(await chat.hasFocus()).toBe(true);
    await workbench.page.screenshot({ path: path.join(pictures, 'deleted-selected.png'), clip: { x: 0, y: 0, width: 600, height: 900 } });
  });
});
