// `npm start`: prepares this machine and opens VS Code with Logos in it. `npm start -- --say "text"` does without VS Code:
// one message through the same road. Further flags: --no-open (print the address only), --no-model (leave the embedded
// model out), and the folder to open.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder, stateFolder } from './paths.mjs';
import { hasProgram, root, run, say } from './run.mjs';
import { ensureBubblewrap } from './setup/bubblewrap.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEmbeddedModel } from './setup/embeddedModel.mjs';

const { values: flags, positionals } = parseArgs({
  options: { say: { type: 'string' }, 'no-open': { type: 'boolean' }, 'no-model': { type: 'boolean' } },
  allowPositionals: true,
});

async function prepare() {
  await ensureDependencies();
  await (await import('./setup/bundle.mjs')).ensureBuild();
  await ensureBubblewrap();
  if (flags['no-model']) return;
  await ensureEmbeddedModel().catch((error) => {
    say('embedded model', `${error.message} Without it, a model server such as LM Studio or Ollama must run.`);
  });
}

/** Opens a new window of the desktop VS Code with the sources of the extension. */
async function openDesktop(folder) {
  say('start', `opening VS Code on ${folder}`);
  const isWindows = process.platform === 'win32';
  const { code, output } = await run(isWindows ? 'code.cmd' : 'code', ['--new-window', `--extensionDevelopmentPath=${root}`, folder]);
  if (code !== 0) throw new Error(`\`code\` ended with code ${code}: ${output.trim()}`);
}

function openBrowser(address) {
  const openers = { darwin: ['open', address], win32: ['cmd', '/c', 'start', '', address] };
  const [command, ...args] = openers[process.platform] ?? ['xdg-open', address];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => say('start', 'no browser could be opened; open the address yourself'));
  child.unref();
}

/** Asks a gateway that runs for nobody else to end. */
async function endGateway() {
  if (!fs.existsSync(path.join(stateFolder(), 'gateway.json'))) return;
  const { GatewayClient } = await import('./gatewayClient.mjs');
  const client = new GatewayClient();
  await client.initialize('logos-start').then(() => client.request('gateway/stop', { when: 'idle' })).catch(() => {});
  await client.close();
}

/** Serves VS Code on loopback to the browser, until Ctrl+C. */
async function openServer(folder) {
  const { ensureVsCodeHost } = await import('./vscodeHost/install.mjs');
  const { installExtension, startVsCodeServer, writeSettings } = await import('./vscodeHost/server.mjs');
  const { makePackage } = await import('./package.mjs');
  say('start', 'no `code` is on PATH, so the VS Code server is used in the browser');
  const host = await ensureVsCodeHost();
  const data = path.join(cacheFolder('vscode-window'), 'data');
  await installExtension({ host, data, vsix: await makePackage() });
  writeSettings(data, { 'workbench.startupEditor': 'none', 'telemetry.telemetryLevel': 'off', 'extensions.autoUpdate': false }, { isKept: true });
  const server = await startVsCodeServer({ host, data, hasToken: true });
  const address = new URL(server.address);
  address.searchParams.set('folder', folder);
  say('start', 'VS Code with Logos is at the address below; Ctrl+C ends it');
  console.log(address.href);
  if (!flags['no-open']) openBrowser(address.href);
  await Promise.race([server.ended, ...['SIGINT', 'SIGTERM'].map((signal) => new Promise((resolve) => process.on(signal, resolve)))]);
  say('start', 'ending');
  await server.stop();
  await endGateway();
}

async function main() {
  await prepare();
  if (flags.say !== undefined) {
    const { sayToFirstAgent } = await import('./say.mjs');
    if (!(await sayToFirstAgent(flags.say))) process.exitCode = 1;
    return;
  }
  const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), positionals[0] ?? '.');
  await (!flags['no-open'] && (await hasProgram('code')) ? openDesktop(folder) : openServer(folder));
}

try {
  await main();
} catch (error) {
  say('start', error.message);
  process.exitCode = 1;
}
