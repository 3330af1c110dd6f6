import { describe, expect, it } from 'vitest';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

describe('The first start, with an empty home', () => {
  const logos = useLogos({ withoutModel: true });

  it('puts two agents into the tree without a question', async () => {
    await expectEventually(() => logos.workbench.treeRows('Agents'), ['Assistant, Not started, no model yet', 'Coder, Not started, no model yet'], 30_000);
  });

  it('opens the chat on the Assistant and says in one sentence what it is for, what it may touch and what answers', async () => {
    const greeting = logos.chat.frame.locator('.greeting');
    await greeting.getByText('No model server answers yet.').waitFor();
    expect(await greeting.innerText()).toMatch(/^A general assistant .+ It reads .+, writes in workspace only, no network\. No model server answers yet\.\s+Its sandbox starts with the first message\.$/);
    expect(await logos.chat.field.getAttribute('placeholder')).toBe('Message Assistant');
  });

  it('says in the status bar that it is ready', async () => {
    await expectEventually(async () => (await logos.workbench.statusItem.innerText()).trim(), 'Ready');
    expect(await logos.workbench.statusItem.locator('a').getAttribute('aria-label')).toBe('Logos: Ready');
  });

  it('takes a model server by the command, after which every agent has its model', async () => {
    const { workbench, host } = logos;
    await workbench.runCommand('Logos: Add Model Server');
    await workbench.answerInput('Add Model Server', 'Scripted', 'LM Studio');
    await workbench.answerInput('Add Model Server', host.model.baseUrl, 'localhost');
    await workbench.answerInput('Key for Scripted', '');
    await expectEventually(() => workbench.treeRows('Agents'), ['Assistant, Not started, scripted', 'Coder, Not started, scripted']);
    await logos.chat.frame.locator('.greeting').getByText('It answers with scripted.').waitFor();
  });

  it('streams the answer to the first message, which names the session in the tree', async () => {
    const { chat, workbench } = logos;
    await chat.send('Good morning [[scenario:stream tokens=30 tps=15]]');
    await chat.waitForAnswer('w3 w4');
    expect(await chat.answer.innerText()).not.toContain('w30');
    await expectEventually(async () => (await workbench.statusItem.innerText()).trim(), '1 working');
    await expectEventually(async () => /^Assistant, (Answering|Working), scripted$/.test((await workbench.treeRows('Agents'))[0] ?? ''), true);
    await chat.waitForAnswer('w30');
    await chat.waitUntilIdle();
    await workbench.treeRow('Agents', 'Assistant').locator('.monaco-tl-twistie').click();
    await workbench.treeRow('Agents', 'Good morning').waitFor();
    await expectEventually(async () => /^Good morning .*, \d\d:\d\d, 2 messages$/.test((await workbench.treeRows('Agents'))[1] ?? ''), true);
  });

  it('shows the usage of the turn and a green dot when the agent is ready again', async () => {
    const { chat, workbench } = logos;
    await chat.lastTurn.getByText(/^12 in · 30 out · [\d.]+ tok\/s · [\d.]+ s$/).waitFor();
    await chat.status.getByRole('button', { name: 'Assistant, Ready.' }).waitFor();
    await expectEventually(async () => (await workbench.treeRows('Agents'))[0], 'Assistant, Ready, scripted');
  });

  it('explains an agent in its tooltip', async () => {
    await logos.workbench.treeRow('Agents', 'Coder').hover();
    const hover = logos.workbench.page.locator('.monaco-hover').filter({ hasText: 'Policy' });
    await hover.waitFor();
    expect(await hover.innerText()).toMatch(/Coder · Not started[\s\S]*Its sandbox starts with the first message\.[\s\S]*Soul app-development[\s\S]*Model scripted on Scripted[\s\S]*Policy workspace-only/);
    await logos.workbench.page.mouse.move(1200, 400);
  });

  it('logs to an output channel of its own, which opens when asked for', async () => {
    const { workbench } = logos;
    await workbench.runCommand('Logos: Show Logs');
    const output = workbench.page.locator('.part.panel .view-lines');
    await output.getByText('Connected to the gateway.').first().waitFor();
    await expectEventually(async () => /\[extension\] Connected[\s\S]+\[inference\] The model server Scripted was added\./.test((await output.innerText()).replaceAll('\u00a0', ' ')), true);
    await workbench.runCommand('View: Hide Panel');
  });

  it('comes back after a reload with the same session on screen', async () => {
    const { chat, workbench } = logos;
    await workbench.reload();
    await chat.waitForAnswer('w30', 40_000);
    await expectEventually(() => chat.prompts(), ['Good morning [[scenario:stream tokens=30 tps=15]]']);
    await startSession(logos, 'Coder');
    expect(await chat.field.getAttribute('placeholder')).toBe('Message Coder');
  });
});
