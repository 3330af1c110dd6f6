// How long `activate()` runs, as VS Code itself measures it, beside an extension that is next to empty.
import type { Workbench } from '../support/vscodeHost/workbench.ts';
import { isQuick, ms, percentile, printRow } from './rows.ts';
import { loadWords, startVsCodeBench } from './vscodeBench.ts';

const rounds = isQuick ? 2 : 10;

/** What VS Code measured of one extension, whole ms. */
interface Activation {
  readonly loadCode: number;
  readonly callActivate: number;
}

/** The document `Startup Performance` as text. */
async function readPerformance(workbench: Workbench): Promise<string> {
  const { page } = workbench;
  await workbench.runCommand('Developer: Startup Performance');
  const lines = page.locator('.editor-instance .view-lines');
  await lines.filter({ hasText: 'System Info' }).waitFor({ timeout: 30_000 });
  await lines.click({ position: { x: 300, y: 60 } });
  await page.keyboard.press('Control+KeyA');
  await page.keyboard.press('Control+KeyC');
  return await page.evaluate(() => navigator.clipboard.readText());
}

/** The row of an extension: `id | eager | load code | call activate | finish activate | event | by`. */
function activationOf(text: string, id: string): Activation | undefined {
  const cells = text.split('\n').find((line) => line.includes(id) && line.includes('|'))?.split('|').map((cell) => cell.trim()).filter((cell) => cell !== '');
  const [, , loadCode, callActivate] = cells ?? [];
  return loadCode === undefined || callActivate === undefined ? undefined : { loadCode: Number(loadCode), callActivate: Number(callActivate) };
}

async function readBoth(workbench: Workbench): Promise<{ ours: Activation; least: Activation }> {
  const text = await readPerformance(workbench);
  const [ours, least] = [activationOf(text, 'logos.logos'), activationOf(text, 'logos.floor')];
  if (ours === undefined || least === undefined) throw new Error(`the activation times do not stand in: ${text.slice(0, 3_000)}`);
  return { ours, least };
}

const callsOf = (all: readonly Activation[]): number[] => all.map(({ callActivate }) => callActivate);
const loadsOf = (all: readonly Activation[]): number[] => all.map(({ loadCode }) => loadCode);

const host = await startVsCodeBench();
try {
  const { workbench, chat } = await host.openWindow({ height: 1400 });
  await chat.field.waitFor({ timeout: 60_000 });
  const ours: Activation[] = [];
  const least: Activation[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await workbench.reload();
    await chat.field.waitFor({ timeout: 60_000 });
    const both = await readBoth(workbench);
    ours.push(both.ours);
    least.push(both.least);
  }
  const p50 = percentile(callsOf(ours), 0.5);
  const load = percentile(loadsOf(ours), 0.5);
  printRow({
    name: `activate(), p50 of ${rounds} reloads`,
    goal: '<= 40 ms',
    figure: ms(p50),
    ok: p50 <= 40,
    floor: ms(percentile(callsOf(least), 0.5)),
    note: `${callsOf(ours).join(', ')}; its code loaded in ${load} ms, that of the floor in ${percentile(loadsOf(least), 0.5)} ms; floor: an extension with one empty view; whole ms, by VS Code itself; ${loadWords()}`,
  });
} finally {
  await host.stop();
}
