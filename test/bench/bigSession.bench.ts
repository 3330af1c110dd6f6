// A session of 5,000 turns: from the click that opens it to its last message in the document, and how much of it is drawn.
import path from 'node:path';
import type { Page } from 'playwright-core';
import { openStore } from '../../server/store/openStore.ts';
import { makeBigSession } from '../support/fixtures/bigSession.ts';
import { until } from '../support/gateway/processes.ts';
import { createMemoryLog } from '../support/memoryLog.ts';
import type { ChatPage } from '../support/vscodeHost/chatPage.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';
import { loadWords, startVsCodeBench, untilQuiet } from './vscodeBench.ts';

const turns = isQuick ? 200 : 5_000;
const rounds = isQuick ? 2 : 8;
const title = `A session of ${turns} turns`;

async function prepare(home: string): Promise<void> {
  const store = await openStore({ path: path.join(home, 'logos.db'), log: createMemoryLog().of });
  const { agentId } = await makeBigSession(store, { turns });
  await makeBigSession(store, { turns: 1, agentId, title: 'A short session' });
  await store.dispose();
}

type ClickScope = { clickedAt?: number };

async function noteClicks(page: Page): Promise<void> {
  await page.evaluate(() => addEventListener('click', () => ((globalThis as unknown as ClickScope).clickedAt = performance.timeOrigin + performance.now()), true));
}

/** Waits in the frame for a text and gives when it came into the document. */
function whenShown(chat: ChatPage, text: string): Promise<number> {
  return chat.log.evaluate(
    (log, wanted) =>
      new Promise<number>((resolve) => {
        const look = () => [...log.querySelectorAll('logos-text')].at(-1)?.textContent?.includes(wanted) === true;
        const observer = new MutationObserver(() => {
          if (!look()) return;
          observer.disconnect();
          resolve(performance.timeOrigin + performance.now());
        });
        observer.observe(log, { subtree: true, childList: true, characterData: true });
      }),
    text,
  );
}

const host = await startVsCodeBench({ prepare });
try {
  const { workbench, chat } = await host.openWindow({ sideBarWidth: 380 });
  const agentRow = workbench.page.locator('.pane:has(.pane-header[aria-label^="Agents"]) [role=treeitem]').first();
  await agentRow.locator('.monaco-tl-twistie').click({ timeout: 60_000 });
  await workbench.treeRow('Agents', 'A short session').click();
  await chat.answer.first().waitFor();
  await noteClicks(workbench.page);
  await untilQuiet(host);
  const figures: number[] = [];
  const least: number[] = [];
  let nodes = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const [row, text, into] of [[title, `Answer ${turns}.`, figures], ['A short session', 'Answer 1.', least]] as const) {
      const shown = whenShown(chat, text);
      await workbench.treeRow('Agents', row).click();
      const at = await shown;
      const clickedAt = await workbench.page.evaluate(() => (globalThis as unknown as ClickScope).clickedAt ?? Number.NaN);
      into.push(at - clickedAt);
      if (row === title) nodes = Math.max(nodes, await countNodes(chat));
    }
  }
  const p50 = percentile(figures, 0.5);
  printRow({
    name: `a session of ${turns.toLocaleString('en-US')} turns: command to last message in the DOM`,
    goal: '<= 400 ms, <= 3,000 DOM nodes',
    figure: `${spread(figures)}, ${nodes} nodes`,
    ok: p50 <= 400 && nodes <= 3_000,
    floor: spread(least),
    note: `n = ${rounds}, from the click in the tree; floor: a session of one turn; ${loadWords()}`,
  });
  printRow({ name: `a session of ${turns.toLocaleString('en-US')} turns: opened the first time`, goal: '<= 400 ms', figure: ms(figures[0] ?? Number.NaN), ok: (figures[0] ?? Number.NaN) <= 400 });
} finally {
  await host.stop();
}

/** The nodes of the document once it has settled. */
async function countNodes(chat: ChatPage): Promise<number> {
  const count = () => chat.log.evaluate(() => document.querySelectorAll('*').length);
  let last = -1;
  await until(async () => {
    const now = await count();
    const isSame = now === last;
    last = now;
    return isSame;
  }, 'a document that stands still', 10_000, 100);
  return last;
}
