// `npm start`: prepares this machine and opens VS Code with Logos in it, or says one message without VS Code; see `usage`.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder, stateFolder } from './paths.mjs';
import { hasProgram, root, run, say } from './run.mjs';
import { ensureBubblewrap } from './setup/bubblewrap.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureEmbeddedModel } from './setup/embeddedModel.mjs';

const usage = `npm start                          set up, build, open VS Code with Logos
npm start -- <folder>              the same, with this folder open in VS Code
npm start -- --no-open             serve VS Code on loopback and print its address
npm start -- --say "Say hello."    one message to the first agent, without VS Code
npm start -- --no-model ...        leave the tiny embedded model out (with any of the above)

State is in ${stateFolder()} (LOGOS_HOME moves it).`;

function readArguments() {
  const options = { say: { type: 'string' }, 'no-open': { type: 'boolean' }, 'no-model': { type: 'boolean' }, help: { type: 'boolean', short: 'h' } };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.say !== undefined && positionals.length > 0) throw new Error(`a message with spaces needs quotes: npm start -- --say "${[values.say, ...positionals].join(' ')}"`);
  if (positionals.length > 1) throw new Error('only one folder can be opened; put quotes around a path with spaces.');
  const folder = path.resolve(process.env.INIT_CWD ?? process.cwd(), positionals[0] ?? '.');
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`there is no folder ${folder} to open.`);
  if (values.say?.trim() === '') throw new Error('`--say` needs a message.');
  return { flags: values, folder };
}

async function prepare(flags) {
  await ensureDependencies();
  await (await import('./setup/bundle.mjs')).ensureBuild({ isProduction: true });
  await ensureBubblewrap();
  if (flags['no-model']) return;
  await ensureEmbeddedModel().catch((error) => {
    say('embedded model', `${error.message.replace(/[.\s]*$/, '')}. Without it, a model server such as LM Studio or Ollama must run.`);
  });
}

const whereLogosIs = 'Logos is the \u039b in the activity bar; Ctrl+Alt+J (Cmd+Alt+J on a Mac) opens its chat';

/** Opens a new window of the desktop VS Code with the sources of the extension. */
async function openDesktop(folder) {
  say('start', `opening VS Code on ${folder}`);
  const isWindows = process.platform === 'win32';
  const { code, output } = await run(isWindows ? 'code.cmd' : 'code', ['--new-window', `--extensionDevelopmentPath=${root}`, folder]);
  if (code !== 0) throw new Error(`\`code\` ended with code ${code}: ${output.trim()}`);
  say('start', whereLogosIs);
}

/** The address holds a token, and the arguments of a program can be read by everybody on the machine: the browser gets a private page that leads there. */
function openBrowser(page) {
  const address = pathToFileURL(page).href;
  const openers = { darwin: ['open', address], win32: ['cmd', '/c', 'start', '', address] };
  const [command, ...args] = openers[process.platform] ?? ['xdg-open', address];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => say('start', 'no browser could be opened; open the address yourself'));
  child.unref();
}

/** Ends the gateway, unless it is of another build: that one is not ours, and would be replaced by a connection. */
async function endOwnGateway(hurried) {
  const { build } = readJson(path.join(root, 'dist', 'build.json'));
  if (readJson(path.join(stateFolder(), 'gateway.json')).build !== build) return;
  const [{ endGateway }, { GatewayClient }] = await Promise.all([import('./endGateway.mjs'), import('./gatewayClient.mjs')]);
  await endGateway({ client: new GatewayClient({ isQuiet: true, isDetached: true }), hurried, tell: (text) => say('ending', text) }).catch((error) => say('ending', `the gateway could not be asked: ${error.message}`));
}

/** Makes promises of the next Ctrl+C. One may come twice: from the terminal, and from npm. */
function watchInterrupts() {
  let lastAt = -Infinity;
  const waiting = [];
  const onSignal = () => {
    const isSame = performance.now() - lastAt < 1000;
    lastAt = performance.now();
    if (!isSame) for (const resolve of waiting.splice(0)) resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  return () => new Promise((resolve) => waiting.push(resolve));
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** What the served VS Code starts with: its own chat asks for an account at first, and would stand where that of Logos is looked for. */
const settings = {
  'workbench.startupEditor': 'none',
  // A folder runs what it says only when it is trusted, and an agent's files are a folder like any other.
  'security.workspace.trust.startupPrompt': 'always',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
};

/** Serves VS Code on loopback to the browser, until Ctrl+C. */
async function openServer(folder, isOpened) {
  const { ensureVsCodeHost } = await import('./vscodeHost/install.mjs');
  const { installExtension, startVsCodeServer, writeSettings } = await import('./vscodeHost/server.mjs');
  const { makePackage } = await import('./package.mjs');
  if (isOpened) say('start', 'no `code` is on PATH, so the VS Code server is used in the browser');
  const host = await ensureVsCodeHost();
  const data = path.join(cacheFolder('vscode-window'), 'data');
  await installExtension({ host, data, vsix: await makePackage() });
  writeSettings(data, settings, { isKept: true });
  const server = await startVsCodeServer({ host, data, hasToken: true, hasTrust: true });
  const address = new URL(server.address);
  address.searchParams.set('folder', folder);
  say('start', 'VS Code with Logos is at the address below; Ctrl+C ends it');
  console.log(address.href);
  say('start', whereLogosIs);
  const page = path.join(data, 'open.html');
  fs.rmSync(page, { force: true });
  fs.writeFileSync(page, `<!doctype html><meta http-equiv="refresh" content="0;url=${address.href.replaceAll('&', '&amp;').replaceAll('"', '%22')}">`, { mode: 0o600 });
  if (isOpened) openBrowser(page);
  const nextInterrupt = watchInterrupts();
  await Promise.race([server.ended, nextInterrupt()]);
  const hurried = nextInterrupt();
  say('ending', 'VS Code, then its gateway');
  fs.rmSync(page, { force: true });
  await server.stop();
  await endOwnGateway(hurried);
}

async function main() {
  const { flags, folder } = readArguments();
  if (flags.help) {
    console.log(usage);
    return;
  }
  await prepare(flags);
  if (flags.say !== undefined) {
    const { sayToFirstAgent } = await import('./say.mjs');
    if (!(await sayToFirstAgent(flags.say))) process.exitCode = 1;
    return;
  }
  const isOpened = !flags['no-open'];
  await (isOpened && (await hasProgram('code')) ? openDesktop(folder) : openServer(folder, isOpened));
}

try {
  await main();
} catch (error) {
  const isUsage = error.code?.startsWith('ERR_PARSE_ARGS_');
  say('start', isUsage ? `${error.message.split('. ')[0]}. It understands:\n\n${usage}` : error.message);
  process.exitCode = 1;
}
