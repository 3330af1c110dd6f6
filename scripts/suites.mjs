// The test suites, how each is started, and what each answers: {passed, failed, skipped: [{name, reason}]}.
import fs from 'node:fs';
import path from 'node:path';
import { hasProgram, isRoot, root, run, say } from './run.mjs';

const reports = path.join(root, 'artifacts', 'tests');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** The vitest projects, in the order in which they run. */
export const vitestSuites = ['unit', 'contract', 'conformance', 'security', 'fault', 'e2e'];

/** A whole number of tests that failed without a report is one failure, so that a crash is never silent. */
function readReport(file, code, output) {
  if (!fs.existsSync(file)) return { passed: 0, failed: 1, skipped: [], broken: [`no report was written (code ${code}): ${output.slice(-2000)}`] };
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  const failed = report.failed + report.broken.length;
  return { ...report, failed: failed === 0 && code !== 0 ? 1 : failed };
}

/**
 * How to start a program in an empty network namespace, so that a hidden call to the outside fails.
 * Answers undefined with a printed reason where that is not possible.
 */
export async function emptyNetwork(command, args) {
  const plain = { command, args };
  if (process.platform !== 'linux' || !isRoot()) {
    say('test', 'not in an empty network namespace, because that needs root on Linux');
    return plain;
  }
  if (!(await hasProgram('ip')) || (await run('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).catch(() => ({ code: 1 }))).code !== 0) {
    say('test', 'not in an empty network namespace, because `unshare -n` or `ip` does not work here (install iproute2)');
    return plain;
  }
  return { command: 'unshare', args: ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', command, ...args] };
}

/** Runs one vitest project and answers its report. */
export async function runVitest(suite, { isIsolated = false, filters = [] } = {}) {
  const file = path.join(reports, `${suite}.json`);
  fs.rmSync(file, { force: true });
  const args = [vitest, 'run', '--project', suite, '--passWithNoTests', '--reporter=default', '--reporter=./scripts/testReporter.mjs', ...filters];
  const env = { ...process.env, LOGOS_TEST_REPORT: file };
  const start = isIsolated ? await emptyNetwork(process.execPath, args) : { command: process.execPath, args };
  const { code, output } = await run(start.command, start.args, { env, isShown: true });
  return readReport(file, code, output);
}

/** Runs the tests inside the extension host and answers their report. */
export async function runInHost() {
  const file = path.join(reports, 'inhost.json');
  fs.rmSync(file, { force: true });
  const env = { ...process.env, LOGOS_TEST_REPORT: file };
  const start = await emptyNetwork(process.execPath, [path.join(root, 'test', 'support', 'inHost', 'runInHost.mjs')]);
  const { code, output } = await run(start.command, start.args, { env, isShown: true });
  return readReport(file, code, output);
}
