import { describe, expect, it } from 'vitest';
import { until } from '../support/gateway/processes.ts';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

describe('Agents and sessions', () => {
  const logos = useLogos();
  const names = async () => (await logos.workbench.treeRows('Agents')).map((row) => row.split(',')[0]);

  it('a new agent is made in four native steps and opens in the chat', async () => {
    const { workbench, chat } = logos;
    await workbench.runCommand('Logos: New Agent');
    await workbench.answerInput('New Agent', 'Reviewer');
    await workbench.chooseRow('New Agent', 'App development');
    await workbench.chooseRow('New Agent', 'scripted');
    await workbench.chooseRow('New Agent', 'workspace-only');
    await expectEventually(names, ['Assistant', 'Coder', 'Reviewer']);
    await chat.status.getByRole('button', { name: /^Reviewer,/ }).waitFor();
    await chat.send('[[say:I review.]]');
    await chat.waitForAnswer('I review.');
    await chat.waitUntilIdle();
  });

  it('a name that is taken or empty is refused while it is typed', async () => {
    const { workbench } = logos;
    await workbench.runCommand('Logos: New Agent');
    await workbench.answerInput('New Agent', 'Coder');
    await workbench.page.locator('.quick-input-widget').getByText('An agent of this name is there already.').waitFor();
    await workbench.page.keyboard.press('Escape');
    await expectEventually(names, ['Assistant', 'Coder', 'Reviewer']);
  });

  it('an agent is renamed; its sessions stay', async () => {
    const { workbench, chat } = logos;
    await workbench.runCommand('Logos: Rename Agent');
    await workbench.answerInput('Rename Reviewer', 'Critic');
    await expectEventually(names, ['Assistant', 'Coder', 'Critic']);
    await chat.status.getByRole('button', { name: /^Critic,/ }).waitFor();
    await expectEventually(() => chat.prompts(), ['[[say:I review.]]']);
  });

  it('a session is renamed from the status line of the chat', async () => {
    const { workbench, chat } = logos;
    await chat.status.getByRole('button', { name: /^\[\[say:I review/ }).click();
    await workbench.answerInput('Rename Session', 'First review');
    await chat.status.getByText('First review').waitFor();
  });

  it('a session is deleted only after a question, and the chat shows an empty one', async () => {
    const { workbench, chat } = logos;
    await workbench.runCommand('Logos: Delete Session…', 'Logos: Delete Session…');
    await workbench.dialog.getByText('Delete session “First review”?').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expectEventually(() => chat.prompts(), ['[[say:I review.]]']);
    await workbench.runCommand('Logos: Delete Session…', 'Logos: Delete Session…');
    await workbench.dialog.getByRole('button', { name: 'Delete' }).click();
    await expectEventually(() => chat.turns.count(), 0);
    await chat.status.getByText('New session').waitFor();
  });

  it('an agent is deleted only after a question that says what goes with it', async () => {
    const { workbench } = logos;
    await workbench.runCommand('Logos: Delete Agent');
    await workbench.dialog.getByText('Delete agent Critic for good?').waitFor();
    expect(await workbench.dialog.innerText()).toContain('its sandbox and every file in its home are erased and cannot be brought back.');
    await workbench.dialog.getByRole('button', { name: 'Cancel' }).click();
    await expectEventually(names, ['Assistant', 'Coder', 'Critic']);
    await workbench.runCommand('Logos: Delete Agent');
    await workbench.dialog.getByRole('button', { name: 'Delete' }).click();
    await expectEventually(names, ['Assistant', 'Coder']);
  });

  it('a restart of the gateway asks while a turn runs, and afterwards the turn can be resumed', async () => {
    const { workbench, chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:gated name=restart]]');
    await chat.waitForAnswer('Before the gate.');
    const { pid } = host.pointer;
    await workbench.runCommand('Logos: Restart Gateway');
    await workbench.dialog.getByText('Restart the gateway and interrupt 1 turn?').waitFor();
    await workbench.dialog.getByRole('button', { name: 'Restart' }).click();
    await chat.lastTurn.getByText(/^Interrupted: /).waitFor({ timeout: 30_000 });
    await until(async () => !(await host.client()).isEnded && host.pointer.pid !== pid, 'another gateway', 30_000);
    await chat.status.getByText('Interrupted').waitFor();
    await chat.lastTurn.getByRole('button', { name: 'Continue' }).click();
    await chat.waitForAnswer('You said: Your answer was cut off there.');
    await chat.waitUntilIdle();
  });

  it('everything of a conversation works by the keyboard alone', async () => {
    const { workbench, chat } = logos;
    const { keyboard } = workbench.page;
    await workbench.page.locator('.part.editor').click();
    await keyboard.press('Control+Alt+KeyJ');
    await expectEventually(() => chat.hasFocus(), true);
    await keyboard.press('Control+KeyN');
    await expectEventually(() => chat.turns.count(), 0);
    await expectEventually(() => chat.hasFocus(), true);
    await keyboard.insertText('[[tool:run_command {"command":"echo typed"}]] [[say:By keys.]]');
    await keyboard.press('Enter');
    await chat.waitForAnswer('By keys.');
    await chat.waitUntilIdle();
    await keyboard.press('Control+ArrowUp');
    const focused = () => chat.log.evaluate(() => (document.activeElement as HTMLElement | null)?.innerText ?? '');
    await expectEventually(async () => (await chat.log.evaluate((log) => log.contains(document.activeElement))), true);
    await keyboard.press('Home');
    await expectEventually(async () => (await focused()).includes('echo typed'), true);
    await keyboard.press('ArrowDown');
    await expectEventually(async () => (await focused()).startsWith('Ran'), true);
    await keyboard.press('ArrowRight');
    await chat.tool.locator('pre.output').getByText('typed').waitFor();
    await keyboard.press('ArrowLeft');
    await chat.tool.locator('pre.output').waitFor({ state: 'detached' });
    await keyboard.press('Escape');
    await expectEventually(() => chat.hasFocus(), true);
    await keyboard.insertText('[[scenario:endless tps=20]]');
    await keyboard.press('Enter');
    await chat.waitForAnswer('w5');
    await keyboard.press('Escape');
    await chat.lastTurn.getByText(/^Stopped by you/).waitFor();
    await keyboard.press('ArrowUp');
    await expectEventually(() => chat.field.inputValue(), '[[scenario:endless tps=20]]');
    await chat.field.fill('');
  });
});
