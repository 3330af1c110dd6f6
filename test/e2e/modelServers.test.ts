import { afterAll, describe, expect, it } from 'vitest';
import { startModelServer, type ModelServer } from '../support/modelServer/modelServer.ts';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

describe('Model servers', () => {
  const logos = useLogos();
  let locked: ModelServer | undefined;
  let shut: ModelServer | undefined;
  afterAll(() => Promise.all([locked?.dispose(), shut?.dispose()]));

  it('whose key is refused get another one from the error card, masked, and the message is answered', async () => {
    const { chat, host, workbench } = logos;
    locked = await startModelServer({ key: 'the-right-key' });
    const client = await host.client();
    const { id: serverId } = await client.request<{ id: string }>('models/add', { name: 'Locked', baseUrl: locked.baseUrl, key: 'a-wrong-key' });
    const { items } = await client.request<{ items: { id: string; name: string; revision: number }[] }>('agents/list', {});
    const coder = items.find(({ name }) => name === 'Coder');
    await client.request('agents/update', { agentId: coder?.id, revision: coder?.revision, model: { kind: 'model', serverId, name: 'scripted' } });
    await startSession(logos);
    await chat.send('[[say:Opened.]]');
    await chat.lastTurn.getByText('Authentication failed').waitFor();
    await chat.lastTurn.getByRole('button', { name: 'Enter Key' }).click();
    await workbench.page.locator('.quick-input-widget .quick-input-title').filter({ hasText: 'Key for Locked' }).waitFor();
    const input = workbench.page.locator('.quick-input-widget input.input');
    expect(await input.getAttribute('type')).toBe('password');
    await input.fill('the-right-key');
    await input.press('Enter');
    await workbench.notification('Locked answers: 1 model').waitFor();
    await chat.lastTurn.getByRole('group', { name: 'Key accepted' }).getByRole('button', { name: 'Retry' }).click();
    await chat.waitForAnswer('Opened.');
    await chat.waitUntilIdle();
  });

  it('are renamed by Edit Model Server, and Change Model marks the present model and takes a new server on the way', async () => {
    const { chat, host, workbench } = logos;
    await workbench.runCommand('Logos: Edit Model Server');
    await workbench.chooseRow('Edit Model Server', 'Locked');
    await workbench.chooseRow('Locked', 'Name');
    await workbench.answerInput('Name of Locked', 'Attic');
    const client = await host.client();
    const names = async () => (await client.request<{ items: { name: string; isBuiltIn: boolean }[] }>('models/servers', {})).items.filter(({ isBuiltIn }) => !isBuiltIn).map(({ name }) => name);
    await expectEventually(names, ['Scripted', 'Attic']);
    await workbench.treeRow('Agents', 'Coder').click();
    await expectEventually(() => chat.hasFocus(), true);
    await workbench.runCommand('Logos: Change Model');
    await workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'present' }).filter({ hasText: 'scripted' }).waitFor();
    await workbench.takeScreenshot('change-model');
    await workbench.chooseRow('Model of Coder', 'Add Server…');
    await workbench.answerInput('Add Model Server', 'Again', 'LM Studio');
    await workbench.answerInput('Add Model Server', host.model.baseUrl.replace('http://127.0.0.1', 'localhost'), 'localhost');
    await workbench.answerInput('Key for Again', '');
    // A folded notification has one line, which is cut at its end.
    await workbench.notification('Read as http://localhost:').waitFor();
    await workbench.takeScreenshot('address-read');
    await expectEventually(names, ['Scripted', 'Attic', 'Again']);
    await workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Automatic' }).waitFor();
    await workbench.chooseRow('Model of Coder', 'Automatic');
  });

  it('whose key is refused get another one from Change Model, which then lists what they offer', async () => {
    const { host, workbench } = logos;
    shut = await startModelServer({ key: 'the-right-key' });
    const client = await host.client();
    await client.request('models/add', { name: 'Shut', baseUrl: shut.baseUrl, key: 'a-wrong-key' });
    await workbench.runCommand('Logos: Change Model');
    await workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Enter Key…' }).waitFor();
    await workbench.takeScreenshot('change-model-refused');
    await workbench.chooseRow('Model of Coder', 'Enter Key…');
    await workbench.answerInput('Key for Shut', 'the-right-key');
    await workbench.notification('Shut answers: 1 model').waitFor();
    await workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Automatic' }).waitFor();
    expect(await workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'Enter Key…' }).count()).toBe(0);
    await workbench.chooseRow('Model of Coder', 'Automatic');
  });

  it('that are there already are named where the address is asked for, before the key is', async () => {
    const { workbench } = logos;
    await workbench.runCommand('Logos: Add Model Server');
    await workbench.answerInput('Add Model Server', 'Twice', 'LM Studio');
    await workbench.answerInput('Add Model Server', shut?.baseUrl.replace('http://', '') ?? '', 'localhost');
    await workbench.page.locator('.quick-input-widget').getByText('Shut has this address already').waitFor();
    await workbench.takeScreenshot('add-model-server-twice');
    await workbench.page.keyboard.press('Escape');
  });

  it('asked for from the chat give the keyboard back to it, whether they were added or not', async () => {
    const { chat, workbench } = logos;
    await chat.field.click();
    for (const end of ['Escape', 'Enter']) {
      await workbench.runCommand('Logos: Add Model Server');
      await workbench.page.locator('.quick-input-widget .quick-input-title').filter({ hasText: 'Add Model Server' }).waitFor();
      if (end === 'Enter') await workbench.page.keyboard.press('Enter');
      await workbench.page.keyboard.press('Escape');
      await expectEventually(() => chat.hasFocus(), true);
    }
  });
});
