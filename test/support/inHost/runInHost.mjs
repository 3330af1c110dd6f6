// Bundles test/inhost/**/*.test.ts, runs them with mocha inside a real extension host through @vscode/test-electron, and ends
// with their code. The counts go to the file named by LOGOS_TEST_REPORT.
import { runTests } from '@vscode/test-electron';
import esbuild from 'esbuild';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const tests = path.resolve(process.env.LOGOS_INHOST_TESTS ?? path.join(root, 'test', 'inhost'));
const out = path.join(root, 'artifacts', 'inhost');

async function bundle() {
  const files = fs.existsSync(tests) ? fs.readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts')) : [];
  if (files.length === 0) throw new Error(`there is no *.test.ts below ${tests}`);
  fs.rmSync(out, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [...files.map((name) => path.join(tests, name)), path.join(import.meta.dirname, 'inHostMain.ts')],
    outdir: out,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22.19',
    external: ['vscode', 'mocha', 'better-sqlite3'],
    sourcemap: 'inline',
    logLevel: 'warning',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  });
  return path.join(out, 'inHostMain.js');
}

/** The log of a test run is mixed with that of VS Code; the tests' own lines come back in the report. */
function printReport() {
  if (fs.existsSync(report)) for (const line of JSON.parse(fs.readFileSync(report, 'utf8')).lines) console.log(line);
}

const report = path.resolve(process.env.LOGOS_TEST_REPORT ?? path.join(root, 'artifacts', 'tests', 'inhost.json'));
const home = process.env.LOGOS_HOME ?? fs.mkdtempSync(path.join(os.tmpdir(), 'logos-inhost-home-'));
const nodeFolder = path.dirname(process.execPath);
try {
  fs.mkdirSync(path.dirname(report), { recursive: true });
  fs.rmSync(report, { force: true });
  const extensionTestsPath = await bundle();
  process.exitCode = await runTests({
    vscodeExecutablePath: path.join(import.meta.dirname, 'codeShim.mjs'),
    extensionDevelopmentPath: process.env.LOGOS_INHOST_EXTENSION ?? root,
    extensionTestsPath,
    extensionTestsEnv: { LOGOS_HOME: home, LOGOS_TEST_REPORT: report, PATH: `${nodeFolder}${path.delimiter}${process.env.PATH}` },
  });
} catch (error) {
  console.error(`inhost: ${error.message}`);
  process.exitCode = 1;
} finally {
  printReport();
  if (!process.env.LOGOS_HOME) fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
