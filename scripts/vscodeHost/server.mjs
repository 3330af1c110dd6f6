// Runs the VS Code server of install.mjs on loopback, with our package installed in it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { mustRun } from '../run.mjs';

/** A TCP port on loopback that was free a moment ago. */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function folderArguments(data) {
  const folders = { server: path.join(data, 'server'), user: path.join(data, 'user'), extensions: path.join(data, 'extensions') };
  fs.mkdirSync(path.join(folders.user, 'User'), { recursive: true });
  fs.mkdirSync(folders.extensions, { recursive: true });
  return [
    '--accept-server-license-terms',
    ...['--server-data-dir', folders.server],
    ...['--user-data-dir', folders.user],
    ...['--extensions-dir', folders.extensions],
  ];
}

/** No gallery: nothing is looked for outside of this machine. */
const withoutGallery = (env) => ({ ...env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' });

/** Installs a packaged extension for the servers that use the same `data` folder. */
export async function installExtension({ host, data, vsix, env = process.env }) {
  const args = [host.serverMain, ...folderArguments(data), '--install-extension', vsix, '--force'];
  await mustRun(host.node, args, { env: withoutGallery(env) });
}

/** Writes the user's settings; `isKept` leaves a file alone that is there. */
export function writeSettings(data, settings, { isKept = false } = {}) {
  const file = path.join(data, 'user', 'User', 'settings.json');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (!isKept || !fs.existsSync(file)) fs.writeFileSync(file, JSON.stringify(settings, null, 2));
}

/** On Linux a server dies with the process that started it, however that ends. */
function commandWith(node, args) {
  const setpriv = '/usr/bin/setpriv';
  return fs.existsSync(setpriv) ? [setpriv, ['--pdeathsig', 'TERM', node, ...args]] : [node, args];
}

async function waitUntilReady(port, child, logFile) {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/version`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`The VS Code server did not come up: ${fs.readFileSync(logFile, 'utf8').slice(-2000)}`);
}

/**
 * Starts the server and waits until it answers.
 * @param {{host: {node: string, serverMain: string}, data: string, env?: NodeJS.ProcessEnv, hasToken?: boolean, isTestDriven?: boolean, hasTrust?: boolean, through?: readonly string[]}} options
 *   `hasToken` asks browsers for a secret, `isTestDriven` lets a page run tests in the extension host (and hides notifications), `hasTrust`
 *   makes workspaces untrusted until a person trusts them, `through` is a command that runs the server, such as `unshare -m`.
 * @returns {Promise<{address: string, port: number, pid: number, logFile: string, stop: () => Promise<void>, ended: Promise<void>}>}
 */
export async function startVsCodeServer({ host, data, env = process.env, hasToken = false, isTestDriven = false, hasTrust = false, through = [] }) {
  const port = await findFreePort();
  const folders = folderArguments(data);
  const tokenFile = path.join(data, 'token');
  const token = hasToken ? randomBytes(24).toString('hex') : undefined;
  if (token) fs.writeFileSync(tokenFile, token, { mode: 0o600 });
  const args = [
    host.serverMain,
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...(token ? ['--connection-token-file', tokenFile] : ['--without-connection-token']),
    ...folders,
    ...['--disable-telemetry', '--reconnection-grace-time', '5', '--log', 'info'],
    ...(hasTrust ? [] : ['--disable-workspace-trust']),
    ...(isTestDriven ? ['--enable-smoke-test-driver'] : []),
  ];
  const logFile = path.join(data, 'server.log');
  const log = fs.openSync(logFile, 'w');
  const [command, ...all] = [...through, ...commandWith(host.node, args).flat()];
  const child = spawn(command, all, { env: withoutGallery(env), stdio: ['ignore', log, log] });
  fs.closeSync(log);
  const ended = new Promise((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(timer);
  };
  await waitUntilReady(port, child, logFile).catch(async (error) => {
    await stop();
    throw error;
  });
  return { address: `http://127.0.0.1:${port}/${token ? `?tkn=${token}` : ''}`, port, pid: child.pid, logFile, stop, ended };
}
