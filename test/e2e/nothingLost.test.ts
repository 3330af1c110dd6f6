import { describe, expect, it } from 'vitest';
import { killHard, workerTrees } from '../support/gateway/processes.ts';
import { expectEventually, startSession, useLogos, words } from './useLogos.ts';

describe('Nothing is lost', () => {
  const logos = useLogos();
  const offlineWords = 'Reconnecting to the gateway. Messages wait here.';

  it('when the window is reloaded in mid-stream: the answer goes on, whole and once', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[scenario:stream tokens=240 tps=20]]');
    await chat.waitForAnswer('w20');
    await workbench.reload();
    await chat.answer.waitFor({ timeout: 40_000 });
    expect(await chat.frame.locator('logos-composer .stop').count()).toBe(1);
    await chat.waitForAnswer('w240', 30_000);
    await chat.waitUntilIdle();
    expect((await chat.answer.innerText()).trim()).toBe(words(1, 240));
    expect(await chat.turns.count()).toBe(1);
  });

  it('when the view is hidden in mid-stream: shown again it has caught up', async () => {
    const { chat, workbench } = logos;
    await startSession(logos);
    await chat.send('[[scenario:stream tokens=120 tps=30]]');
    await chat.waitForAnswer('w10');
    await workbench.activityIcon('Explorer').click();
    await chat.field.waitFor({ state: 'detached' });
    await chat.page.locator('.explorer-folders-view').waitFor();
    await workbench.openContainer('Logos');
    await chat.waitForAnswer('w120');
    await chat.waitUntilIdle();
    expect((await chat.answer.innerText()).trim()).toBe(words(1, 120));
  });

  it('in a second window, which shows the same session live and can stop it', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:endless tps=10]]');
    await chat.waitForAnswer('w5');
    const second = await host.openWindow({ sideBarWidth: 380 });
    await second.chat.field.waitFor({ timeout: 40_000 });
    await second.workbench.treeRow('Agents', 'Coder').click();
    await second.chat.waitForAnswer('w5');
    const seen = (await chat.answer.innerText()).trim().split(' ').length;
    await second.chat.waitForAnswer(`w${seen + 10}`);
    await chat.waitForAnswer(`w${seen + 10}`);
    await second.chat.button('Stop').click();
    for (const each of [chat, second.chat]) await each.lastTurn.getByText(/^Stopped by you/).waitFor();
    expect(await second.chat.answer.innerText()).toBe(await chat.answer.innerText());
    await second.workbench.close();
  });

  it('when the gateway is killed in mid-stream: the turn says that it was interrupted, and Continue finishes it', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:gated name=resumed]]');
    await chat.waitForAnswer('Before the gate.');
    await host.killGateway();
    await chat.lastTurn.getByText(/^Interrupted: /).waitFor({ timeout: 30_000 });
    expect(await chat.answer.innerText()).toContain('Before the gate.');
    await chat.lastTurn.getByRole('button', { name: 'Continue' }).click();
    await chat.waitForAnswer('You said: Your answer was cut off there.');
    await chat.waitUntilIdle();
    expect(await chat.turns.count()).toBe(1);
    expect((await chat.answer.allInnerTexts()).map((text) => text.trim())).toEqual(['Before the gate.', expect.stringContaining('You said: Your answer was cut off there.')]);
    await chat.lastTurn.getByText('Interrupted, continued here').waitFor();
  });

  it('when the gateway hangs: chat, tree and status bar say that it does not answer, and go on by themselves when it does', async () => {
    const { chat, host, workbench } = logos;
    await startSession(logos);
    await chat.send('[[say:before]]');
    await chat.waitForAnswer('before');
    await chat.waitUntilIdle();
    const goOn = host.freezeGateway();
    try {
      await chat.send('[[say:meanwhile]]');
      await chat.strips.getByText(/^The gateway has not answered for \d+ s\. Messages wait here\./).waitFor({ timeout: 30_000 });
      await expectEventually(async () => (await workbench.statusItem.innerText()).trim(), 'Not answering');
    } finally {
      goOn();
    }
    await chat.waitForAnswer('meanwhile');
    await chat.waitUntilIdle();
    await chat.strips.getByText('has not answered').waitFor({ state: 'detached' });
    await expectEventually(() => chat.prompts(), ['[[say:before]]', '[[say:meanwhile]]']);
  });

  it('of what is written while the gateway is away: it stands there as not sent, and goes by itself, once and in order', async () => {
    const { chat, host, workbench } = logos;
    await startSession(logos);
    await chat.send('[[say:before]]');
    await chat.waitForAnswer('before');
    await chat.waitUntilIdle();
    const lock = await host.holdGatewayAway();
    try {
      await chat.strips.getByText(offlineWords).waitFor();
      await chat.send('first while away [[say:one]]');
      await chat.send('second while away [[say:two]]');
      await expectEventually(() => chat.pending.locator('.text').allInnerTexts(), ['first while away [[say:one]]', 'second while away [[say:two]]']);
      expect(await chat.pending.getByText('Not sent yet. It is sent when the gateway is back.').count()).toBe(2);
      await expectEventually(async () => (await workbench.statusItem.innerText()).trim(), 'Offline');
    } finally {
      lock.release();
    }
    await chat.waitForAnswer('two', 40_000);
    await chat.waitUntilIdle();
    expect(await chat.pending.count()).toBe(0);
    await expectEventually(() => chat.prompts(), ['[[say:before]]', 'first while away [[say:one]]', 'second while away [[say:two]]']);
    for (const text of ['first while away', 'second while away']) {
      const asLast = (await host.model.chatRequests(text)).filter(({ body }) => body.lastIndexOf('while away') === body.lastIndexOf(text) + text.indexOf('while away'));
      expect(asLast).toHaveLength(1);
    }
  });

  it('when the worker is killed: the card says that the connection was lost, the text is kept, and Retry answers', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await chat.send('[[scenario:gated name=worker]]');
    await chat.waitForAnswer('Before the gate.');
    const [tree = []] = workerTrees(host.pointer.pid);
    for (const row of tree) killHard(row.pid);
    const card = chat.lastTurn.getByRole('group', { name: 'Agent connection lost mid-reply' });
    await card.waitFor();
    expect(await chat.answer.innerText()).toContain('Before the gate.');
    await host.model.release('worker');
    await card.getByRole('button', { name: 'Retry' }).click();
    await chat.waitForAnswer('After the gate.');
    await chat.waitUntilIdle();
    await chat.lastTurn.getByRole('button', { name: /1 earlier attempt/ }).waitFor();
  });

  it('when the model server is down: the card says so, and Retry answers once it is up', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    await host.model.kill();
    await chat.send('[[say:it is up again]]');
    const card = chat.lastTurn.getByRole('group', { name: 'Cannot reach model server' });
    await card.waitFor({ timeout: 60_000 });
    await chat.status.getByText('Failed').waitFor();
    await host.model.restart();
    await card.getByRole('button', { name: 'Retry' }).click();
    await chat.waitForAnswer('it is up again', 30_000);
    await chat.waitUntilIdle();
  });
});
