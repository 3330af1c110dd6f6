import Mocha from 'mocha';
import fs from 'node:fs';
import path from 'node:path';

interface Report {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
  broken: string[];
  /** One line for each test, with the error of a failed one. */
  lines: string[];
}

/** Called by VS Code inside the extension host: runs the bundled tests beside this file; rejects when one fails. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, color: false });
  for (const name of fs.readdirSync(import.meta.dirname).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(path.join(import.meta.dirname, name));
  }
  const report: Report = { passed: 0, failed: 0, skipped: [], broken: [], lines: [] };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => {
      report.passed++;
      report.lines.push(`ok   ${test.fullTitle()}`);
    });
    runner.on('pending', (test) => report.skipped.push({ name: test.fullTitle(), reason: reasonIn(test.title) }));
    runner.on('fail', (test, error: Error) => {
      report.failed++;
      report.lines.push(`FAIL ${test.fullTitle()}\n${error.stack ?? error.message}`);
    });
  });
  if (process.env['LOGOS_TEST_REPORT']) fs.writeFileSync(process.env['LOGOS_TEST_REPORT'], JSON.stringify(report));
  if (report.failed > 0 || report.passed === 0) throw new Error(`${report.failed} failed, ${report.passed} passed`);
}

/** mocha keeps no reason for a skip, so the title of a skipped test says it: `does x (skipped: no y here)`. */
function reasonIn(title: string): string {
  return /\(skipped: (.+)\)$/.exec(title)?.[1] ?? '';
}
