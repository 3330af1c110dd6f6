#!/usr/bin/env node
// Stands in for the desktop program `code` towards @vscode/test-electron: it understands the flags of a test run, starts the
// VS Code server and a headless browser, and ends with the exit code that the tests in the extension host gave.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureVsCodeHost } from '../../../scripts/vscodeHost/install.mjs';
import { startVsCodeServer, writeSettings } from '../../../scripts/vscodeHost/server.mjs';
import { launchBrowser } from '../vscodeHost/browser.mjs';

const LIMIT_MS = Number(process.env.CODE_SHIM_LIMIT_MS ?? 180_000);
const quiet = JSON.parse(fs.readFileSync(new URL('../vscodeHost/settings.json', import.meta.url), 'utf8'));

/** `--name=value` flags, of which extensionDevelopmentPath may stand several times, and the folder to open. */
function parseFlags(words) {
  const flags = { developmentPaths: [], testsPath: undefined, folder: undefined };
  for (const word of words) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === 'extensionDevelopmentPath') flags.developmentPaths.push(path.resolve(value));
    else if (name === 'extensionTestsPath') flags.testsPath = path.resolve(value);
    else if (name === undefined) flags.folder = path.resolve(word);
  }
  return flags;
}

/** The address of a window that runs the tests. */
function windowAddress(server, flags, workspace) {
  const remote = (file) => `vscode-remote://127.0.0.1:${server.port}${file}`;
  const payload = [
    ...flags.developmentPaths.map((folder) => ['extensionDevelopmentPath', remote(folder)]),
    ['extensionTestsPath', remote(flags.testsPath)],
    ['enableProposedApi', ''],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ folder: flags.folder ?? workspace, payload: JSON.stringify(payload) });
  return `${server.address}?${query}`;
}

async function runTests(flags) {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-inhost-'));
  const workspace = path.join(data, 'workspace');
  fs.mkdirSync(workspace);
  writeSettings(data, quiet);
  const server = await startVsCodeServer({ host: await ensureVsCodeHost(), data, isTestDriven: true });
  const browser = await launchBrowser({ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const { promise: result, resolve, reject } = Promise.withResolvers();
    await page.exposeFunction('codeAutomationExit', (code) => resolve(code));
    await page.exposeFunction('codeAutomationLog', (_kind, args) => process.env.CODE_SHIM_VERBOSE && console.log(...args));
    page.on('crash', () => reject(new Error('the browser page crashed')));
    browser.on('disconnected', () => reject(new Error('the browser ended')));
    void server.ended.then(() => reject(new Error('the VS Code server ended')));
    setTimeout(() => reject(new Error(`the tests took longer than ${LIMIT_MS} ms`)), LIMIT_MS).unref();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => reject(new Error(`ended by ${signal}`)));
    result.catch(() => {});
    await page.goto(windowAddress(server, flags, workspace), { waitUntil: 'commit' });
    return await result.catch(async (error) => {
      const shot = path.resolve('artifacts', 'inhost-failure.png');
      await page.screenshot({ path: shot, timeout: 5000 }).catch(() => {});
      throw error;
    });
  } finally {
    await browser.close().catch(() => {});
    await server.stop();
    fs.rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

try {
  process.exitCode = await runTests(parseFlags(process.argv.slice(2)));
} catch (error) {
  console.error(`code shim: ${error.message}`);
  process.exitCode = 95;
}
