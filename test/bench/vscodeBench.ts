import os from 'node:os';
import path from 'node:path';
import { makePackage } from '../../scripts/package.mjs';
import { mustRun, root } from '../../scripts/run.mjs';
import { ensureBrowser } from '../../scripts/setup/browser.mjs';
import { until } from '../support/gateway/processes.ts';
import { LogosHost, type LogosHostOptions } from '../support/vscodeHost/logosHost.ts';

/** The title of the view container of the floor extension, and what its frames are found by. */
export const floor = { container: 'Floor', extensionId: 'logos.floor' } as const;

/** Packs the floor extension; gives the path of its package. */
async function packFloor(): Promise<string> {
  const file = path.join(root, 'artifacts', 'floor.vsix');
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const args = [vsce, 'package', '--no-dependencies', '--skip-license', '--allow-missing-repository', '--out', file];
  await mustRun(process.execPath, args, { cwd: path.join(import.meta.dirname, 'floorExtension') });
  return file;
}

/** A real VS Code with Logos of these sources, and the floor extension beside it. */
export async function startVsCodeBench(options: LogosHostOptions = {}): Promise<LogosHost> {
  await ensureBrowser();
  await makePackage();
  return await LogosHost.start({ ...options, moreVsix: [await packFloor()] });
}

/** How busy the machine is beside the measurement, for the note of a row. */
export function loadWords(): string {
  return `load ${os.loadavg()[0]?.toFixed(1)} on ${os.cpus().length} cores`;
}

/** Waits until nothing of the start is under way, so that it is not measured: two seconds without a long task. */
export async function untilQuiet(host: LogosHost): Promise<void> {
  const [page] = host.vscode.browser.contexts()[0]?.pages() ?? [];
  if (page === undefined) throw new Error('no window is open');
  await page.evaluate(() => {
    const seen = globalThis as unknown as { lastLongTaskAt: number };
    seen.lastLongTaskAt = performance.now();
    new PerformanceObserver(() => (seen.lastLongTaskAt = performance.now())).observe({ type: 'longtask' });
  });
  const isQuiet = () => page.evaluate(() => performance.now() - (globalThis as unknown as { lastLongTaskAt: number }).lastLongTaskAt > 2_000);
  await until(isQuiet, 'two seconds without a long task', 30_000, 200).catch(() => undefined);
}
