import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { killHard, until } from '../support/gateway/processes.ts';
import { expectEventually, startSession, useLogos } from './useLogos.ts';

describe('What is not sent yet', () => {
  const logos = useLogos();

  it('survives the kill of the extension host with the window: the next one shows it as not sent, and it goes once', async () => {
    const { chat, host, workbench } = logos;
    await startSession(logos);
    await chat.send('[[say:before]]');
    await chat.waitForAnswer('before');
    await chat.waitUntilIdle();
    const lock = await host.holdGatewayAway();
    try {
      await chat.strips.getByText('Reconnecting to the gateway. Messages wait here.').waitFor();
      await chat.send('removed while away [[say:no]]');
      await chat.send('written while away [[say:kept]]');
      await expectEventually(() => chat.pending.count(), 2);
      await chat.pending.first().getByRole('button', { name: 'Remove' }).click();
      await until(() => keptTexts(host.vscode.data).join() === 'written while away [[say:kept]]', 'one message in a file of its own');
      for (const pid of host.vscode.extensionHostPids()) killHard(pid);
      await workbench.page.context().close();
      const { chat: next } = await host.openWindow({ sideBarWidth: 380 });
      await expectEventually(() => next.pending.locator('.text').allInnerTexts(), ['written while away [[say:kept]]'], 40_000);
      await next.pending.getByText('Not sent yet. It is sent when the gateway is back.').waitFor();
      lock.release();
      await next.waitForAnswer('kept', 60_000);
      await next.waitUntilIdle();
      expect(await next.pending.count()).toBe(0);
      expect(await next.prompts()).toEqual(['[[say:before]]', 'written while away [[say:kept]]']);
      expect(await host.model.chatRequests('written while away')).toHaveLength(1);
      expect(await host.model.chatRequests('removed while away')).toEqual([]);
      await until(() => keptTexts(host.vscode.data).length === 0, 'nothing kept of what is stored');
    } finally {
      lock.release();
    }
  });
});

/** The texts of the unsent messages that the extension keeps. */
function keptTexts(data: string): string[] {
  const files = fs.readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) => /unsent\/[0-9a-f-]{36}\.json$/.test(name));
  const contents = files.map((name) => fs.readFileSync(`${data}/${name}`, 'utf8'));
  return contents.filter((content) => content !== '').map((content) => (JSON.parse(content) as { text: string }).text);
}
