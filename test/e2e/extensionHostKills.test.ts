import { describe, expect, it } from 'vitest';
import type { Turn } from '../../server/protocol/messages.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { readProcess, type ProcessRow } from '../../server/process/processTable.ts';
import { killHard, orphansOf, treeOf, until, untilGone } from '../support/gateway/processes.ts';
import { answerText, messageText } from '../support/gateway/sessionWatch.ts';
import { expectEventually, startSession, useLogos, words } from './useLogos.ts';

const rounds = 20;
const tokens = 120;

describe('An extension host that is killed, and the window reloaded', () => {
  const logos = useLogos();

  const extensionHosts = (): ProcessRow[] => logos.host.vscode.extensionHostPids().flatMap((pid) => readProcess(pid) ?? []);

  /** `kill -9` of the extension host of the window, then a reload. */
  async function killAndReload(victims = extensionHosts()): Promise<void> {
    expect(victims).toHaveLength(1);
    for (const { pid } of victims) killHard(pid);
    await untilGone(victims);
    await logos.workbench.reload();
  }

  async function storedTurns(): Promise<Turn[]> {
    const client = await logos.host.client();
    const { items: [latest] } = await client.request<{ items: Session[] }>('sessions/list', {});
    const { turns } = await client.request<{ turns: Turn[] }>('sessions/turns', { sessionId: latest?.id, limit: 50 });
    return turns;
  }

  /** How often the model was asked to answer this message, not counting its place in the history of a later one. */
  async function timesAsked(text: string): Promise<number> {
    const requests = await logos.host.model.chatRequests(text);
    return requests.filter(({ body }) => body.lastIndexOf('"role":"user"') < body.indexOf(text)).length;
  }

  /** Processes of this test that neither the gateway nor VS Code answers for. */
  function strays(): number[] {
    const { host } = logos;
    const ofVsCode = new Set(treeOf(host.vscode.serverPid).map(({ pid }) => pid));
    return orphansOf(host.paths, host.pointer.pid).flatMap(({ pid }) => (pid === host.pointer.pid || ofVsCode.has(pid) ? [] : [pid]));
  }

  it('loses and doubles nothing, twenty times: each answer goes on whole, each message is stored once, nothing is left running', async () => {
    const { chat, host } = logos;
    await startSession(logos);
    const gatewayPid = host.pointer.pid;
    const asked: string[] = [];
    const answers: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const text = `round ${round} [[scenario:stream tokens=${tokens} tps=40]]`;
      await chat.send(text);
      // Every fifth time it dies as soon as the message stands on screen, stored or not; else further and further into the answer.
      if (round % 5 === 0) await chat.frame.locator('logos-user .text').filter({ hasText: `round ${round} [[` }).waitFor();
      else await chat.waitForAnswer(`w${round * 3}`);
      await killAndReload();
      await chat.lastTurn.locator('logos-user .text').filter({ hasText: text }).waitFor({ timeout: 40_000 });
      await chat.waitForAnswer(`w${tokens}`, 40_000);
      await chat.waitUntilIdle();
      expect((await chat.answer.innerText()).trim()).toBe(words(1, tokens));
      await chat.send(`[[say:after round ${round}]]`);
      await chat.waitForAnswer(`after round ${round}`);
      await chat.waitUntilIdle();
      asked.push(text, `[[say:after round ${round}]]`);
      answers.push(words(1, tokens), `after round ${round}`);
      expect(await chat.pending.count()).toBe(0);
      await expectEventually(strays, []);
    }
    const turns = await storedTurns();
    expect(turns.map(({ message }) => messageText(message))).toEqual(asked);
    expect(turns.map((turn) => answerText(turn).trim())).toEqual(answers);
    expect(turns.flatMap(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual(asked.map(() => 'completed'));
    for (const text of asked) expect(await timesAsked(text)).toBe(1);
    expect(host.pointer.pid).toBe(gatewayPid);
    await until(() => host.vscode.extensionHostPids().length === 1, 'one extension host');
  });

  it('keeps on screen what was written in the moment before, as the first message of a session too, and it goes once', async () => {
    const { chat, workbench } = logos;
    for (let round = 1; round <= 6; round += 1) {
      if (round % 2 === 1) await startSession(logos);
      const text = `moment ${round} [[say:answer ${round}]]`;
      await chat.type(text);
      const victims = extensionHosts();
      // It hears nothing of the message.
      for (const { pid } of victims) process.kill(pid, 'SIGSTOP');
      await workbench.page.keyboard.press('Enter');
      await chat.frame.locator('logos-user .text').filter({ hasText: text }).waitFor();
      await killAndReload(victims);
      await chat.lastTurn.locator('logos-user .text').filter({ hasText: text }).waitFor({ timeout: 40_000 });
      await chat.waitForAnswer(`answer ${round}`, 40_000);
      await chat.waitUntilIdle();
      expect(await chat.pending.count()).toBe(0);
      expect((await chat.prompts()).filter((prompt) => prompt === text)).toHaveLength(1);
      expect(await timesAsked(text)).toBe(1);
    }
  });
});
