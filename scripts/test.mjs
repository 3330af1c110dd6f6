// `npm test`: prepares the machine, checks, runs every suite, and ends with one line that counts all of them.
// `npm test -- unit contract` runs only these suites.
import { say } from './run.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { ensureBubblewrap } from './setup/bubblewrap.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEmbeddedModel } from './setup/embeddedModel.mjs';
import { ensureIproute } from './setup/iproute.mjs';

const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const totals = { passed: 0, failed: 0, skipped: 0 };

/** Runs a suite, adds its counts and prints its skips; a skip without a reason is a failure. */
async function count(name, suite) {
  if (!isWanted(name)) return;
  const startedAt = Date.now();
  const report = await suite().catch((error) => ({ passed: 0, failed: 1, skipped: [], broken: [error.stack ?? error.message] }));
  for (const text of report.broken) say(`test ${name}`, `broken: ${text}`);
  for (const { name: title, reason } of report.skipped) say(`test ${name}`, `skipped: ${title}: ${reason || 'NO REASON GIVEN, so it counts as failed'}`);
  const unexplained = report.skipped.filter(({ reason }) => !reason).length;
  totals.passed += report.passed;
  totals.failed += report.failed + unexplained;
  totals.skipped += report.skipped.length - unexplained;
  say(`test ${name}`, `${report.passed} passed, ${report.failed + unexplained} failed, ${report.skipped.length - unexplained} skipped in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

async function prepare() {
  await ensureDependencies();
  await ensureBubblewrap();
  await ensureIproute();
  await ensureEmbeddedModelInCache();
  if (isWanted('e2e') || isWanted('inhost')) {
    await ensureBrowser();
    await (await import('./vscodeHost/install.mjs')).ensureVsCodeHost();
  }
  const { makePackage } = await import('./package.mjs');
  await makePackage();
}

/** Tests place the component into their own state directories; here it only has to be in the cache. */
async function ensureEmbeddedModelInCache() {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const home = mkdtempSync((await import('node:path')).join((await import('node:os')).tmpdir(), 'logos-model-'));
  await ensureEmbeddedModel(home).finally(() => rmSync(home, { recursive: true, force: true }));
}

async function main() {
  await prepare();
  const { check } = await import('./check.mjs');
  const { runInHost, runVitest, vitestSuites } = await import('./suites.mjs');
  await count('check', async () => {
    const failed = await check({ without: ['unit'] });
    return { passed: 0, failed: failed.length, skipped: [], broken: [] };
  });
  for (const suite of vitestSuites) await count(suite, () => runVitest(suite, { isIsolated: suite === 'e2e' }));
  await count('inhost', runInHost);
}

try {
  await main();
} catch (error) {
  say('test', error.message);
  totals.failed++;
}
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
