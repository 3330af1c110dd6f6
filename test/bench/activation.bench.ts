// What activation takes, as VS Code itself tells it (code loaded and `activate()` run), beside an extension that is next to empty.
import { until } from '../support/gateway/processes.ts';
import type { Workbench } from '../support/vscodeHost/workbench.ts';
import { isQuick, ms, percentile, printRow } from './rows.ts';
import { loadWords, startVsCodeBench } from './vscodeBench.ts';

const rounds = isQuick ? 2 : 10;

/** The ms that stand in the row of an extension in the editor of running extensions; undefined before they do. */
async function readActivation(workbench: Workbench, name: string): Promise<number | undefined> {
  const rows = await workbench.page.locator('.runtime-extensions-editor .monaco-list-row').filter({ has: workbench.page.getByText(name, { exact: true }) }).allInnerTexts();
  const found = /Activation: (\d+)\s?ms/.exec(rows[0] ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

async function readBoth(workbench: Workbench): Promise<{ ours: number; least: number }> {
  const found = { ours: Number.NaN, least: Number.NaN };
  await until(async () => {
    const [ours, least] = [await readActivation(workbench, 'Logos'), await readActivation(workbench, 'Floor')];
    if (ours === undefined || least === undefined) return false;
    Object.assign(found, { ours, least });
    return true;
  }, 'the activation times of both extensions', 60_000, 100);
  return found;
}

const host = await startVsCodeBench();
try {
  const { workbench, chat } = await host.openWindow({ height: 1400 });
  await chat.field.waitFor({ timeout: 60_000 });
  await workbench.runCommand('Developer: Show Running Extensions');
  await readBoth(workbench);
  const ours: number[] = [];
  const least: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await workbench.reload();
    await chat.field.waitFor({ timeout: 60_000 });
    const both = await readBoth(workbench);
    ours.push(both.ours);
    least.push(both.least);
  }
  const p50 = percentile(ours, 0.5);
  printRow({
    name: 'activation (code loaded, activate() run), p50 of 10 reloads',
    goal: '<= 40 ms',
    figure: ms(p50),
    ok: p50 <= 40,
    floor: ms(percentile(least, 0.5)),
    note: `n = ${rounds}: ${ours.join(', ')}; floor: an extension with one empty view: ${least.join(', ')}; as VS Code tells it, whole ms; ${loadWords()}`,
  });
} finally {
  await host.stop();
}
