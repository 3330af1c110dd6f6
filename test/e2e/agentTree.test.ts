import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

describe('The tree of agents by keys, and what an agent is made of', () => {
  const logos = useLogos();
  const rows = () => logos.workbench.treeRows('Agents');
  const names = async () => (await rows()).map((row) => row.split(',')[0]);
  const title = () => logos.workbench.page.locator('.quick-input-widget .quick-input-title');

  beforeAll(() => {
    const folder = path.join(logos.host.home, 'policies');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'notes.yaml'), '# For agents that read notes.\nversion: 1\nfilesystem_policy: { include_workdir: true, read_only: [/usr, /lib, /lib64] }\n');
    fs.writeFileSync(path.join(folder, 'broken.yaml'), 'version: 1\nsurprise: yes\n');
  });

  /** Puts the keyboard on the row of this name; the chat and the selection stay as they are. */
  async function moveTo(name: string): Promise<void> {
    const { page } = logos.workbench;
    const tree = page.locator('.pane:has(.pane-header[aria-label^="Agents"]) .monaco-list');
    // Not by a command: it would set the focus some time later once more, to the row that is selected.
    await tree.focus();
    await page.keyboard.press('Home');
    for (let step = 0; step < (await rows()).findIndex((row) => row.startsWith(name)); step += 1) await page.keyboard.press('ArrowDown');
    await tree.locator(`.monaco-list-row.focused[aria-label^="${name}"]`).waitFor();
  }

  it('says of a new agent that it is not started, and in the chat what starts it', async () => {
    await expectEventually(rows, ['Assistant, Not started, scripted', 'Coder, Not started, scripted']);
    await startSession(logos, 'Coder');
    await logos.chat.frame.locator('.greeting').getByText('Its sandbox starts with the first message.').waitFor();
    await logos.chat.status.getByText('Not started').waitFor();
  });

  it('opens its files in a window of their own after a question, also before the first message', async () => {
    const { chat, workbench } = logos;
    await workbench.runCommand("Logos: Open Agent's Files");
    await workbench.dialog.getByText('Open the files of Coder in a window of their own?').waitFor();
    await workbench.dialog.getByText('Workspace trust is switched off in this VS Code').waitFor();
    await workbench.takeScreenshot('open-files-without-trust');
    await workbench.dialog.getByRole('button', { name: 'Cancel' }).click();
    await chat.field.click();
    await chat.send('[[tool:write_file {"path":"notes.md","content":"from the agent"}]] [[say:Written.]]');
    await chat.waitForAnswer('Written.');
    await chat.waitUntilIdle();
    const opened = workbench.page.context().waitForEvent('page', { timeout: 30_000 });
    await workbench.treeRow('Agents', 'Coder').click({ button: 'right' });
    // A menu that has just opened takes no click, lest the one that opened it counts twice.
    await workbench.page.getByRole('menuitem', { name: "Open Agent's Files" }).hover();
    await workbench.page.keyboard.press('Enter');
    await workbench.dialog.getByRole('button', { name: 'Open Without Trust Check' }).click();
    const files = await opened;
    await files.locator('.explorer-folders-view').getByText('notes.md').waitFor({ timeout: 60_000 });
    await expectEventually(async () => (await files.title()).startsWith('Coder'), true);
    await files.close();
    await workbench.page.bringToFront();
  });

  it('offers the general soul first, then the policies of the person too, and takes none that is broken', async () => {
    const { workbench } = logos;
    const { keyboard } = workbench.page;
    const labels = () => workbench.page.locator('.quick-input-list .monaco-list-row .quick-input-list-row:first-child .label-name').allInnerTexts();
    await workbench.runCommand('Logos: New Agent');
    await workbench.answerInput('New Agent', 'Reader');
    await expectEventually(async () => (await labels())[0], 'General');
    await keyboard.press('Enter');
    await workbench.chooseRow('New Agent', 'scripted');
    await expectEventually(labels, ['workspace-only', 'broken', 'notes', 'read-only']);
    await workbench.takeScreenshot('new-agent-policies');
    await workbench.chooseRow('New Agent', 'notes');
    await expectEventually(names, ['Assistant', 'Coder', 'Reader']);
    await logos.chat.status.getByRole('button', { name: /^Reads workspace, writes in workspace only, no network/ }).waitFor();
  });

  it('opens the file of a policy that is broken at the line that fails', async () => {
    const { workbench } = logos;
    const { keyboard } = workbench.page;
    await workbench.runCommand('Logos: New Agent');
    await workbench.answerInput('New Agent', 'Another');
    await workbench.chooseRow('New Agent', 'General');
    await workbench.chooseRow('New Agent', 'scripted');
    await workbench.page.locator('.quick-input-list').getByText('The policy broken is not valid: line 2, unknown field "surprise"').waitFor();
    await keyboard.type('broken');
    await keyboard.press('Enter');
    await workbench.page.locator('.tab.active').getByText('broken.yaml').waitFor();
    await workbench.page.locator('.statusbar-item').getByText('Ln 2, Col 1').waitFor();
    await workbench.runCommand('View: Close All Editors');
    expect(await names()).toEqual(['Assistant', 'Coder', 'Reader']);
  });

  it('renames by F2 the row that the keyboard is on, not the one that the chat shows', async () => {
    const { workbench, chat } = logos;
    await moveTo('Assistant');
    await workbench.page.keyboard.press('F2');
    await workbench.answerInput('Rename Assistant', 'Helper');
    await expectEventually(names, ['Coder', 'Helper', 'Reader']);
    await chat.status.getByRole('button', { name: /^Reader,/ }).waitFor();
  });

  it('renames by F2 also the row that is selected, and opens nothing by it', async () => {
    const { workbench, chat } = logos;
    await workbench.treeRow('Agents', 'Helper').click();
    await chat.status.getByRole('button', { name: /^Helper,/ }).waitFor();
    await startSession(logos, 'Reader');
    await moveTo('Helper');
    await workbench.page.keyboard.press('F2');
    await title().filter({ hasText: 'Rename Helper' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await chat.status.getByRole('button', { name: /^Reader,/ }).waitFor();
  });

  it('deletes by Delete only after its question, and a letter typed into the find box deletes nothing', async () => {
    const { workbench } = logos;
    await moveTo('Reader');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByText('Delete agent Reader for good?').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expectEventually(names, ['Coder', 'Helper', 'Reader']);
    await moveTo('Reader');
    await workbench.page.keyboard.press('Control+KeyF');
    const box = workbench.page.locator('.monaco-tree-type-filter input');
    await box.waitFor();
    await workbench.page.keyboard.type('Reader');
    await workbench.page.keyboard.press('Home');
    await workbench.page.keyboard.press('Delete');
    await expectEventually(() => box.inputValue(), 'eader');
    expect(await workbench.dialog.count()).toBe(0);
    await workbench.page.keyboard.press('Escape');
    await moveTo('Reader');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByRole('button', { name: 'Delete' }).click();
    await expectEventually(names, ['Coder', 'Helper']);
  });

  it('does the same for a session', async () => {
    const { workbench } = logos;
    await workbench.treeRow('Agents', 'Coder').locator('.monaco-tl-twistie').click();
    await expectEventually(async () => (await names()).length, 3);
    await moveTo('[[tool:write_file');
    await workbench.page.keyboard.press('F2');
    await workbench.answerInput('Rename Session', 'Notes');
    await expectEventually(async () => (await names())[1], 'Notes');
    await moveTo('Notes');
    await workbench.page.keyboard.press('Delete');
    await workbench.dialog.getByText('Delete session “Notes”?').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Delete' }).click();
    await expectEventually(names, ['Coder', 'Helper']);
  });
});
