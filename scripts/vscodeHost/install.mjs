// Installs a real VS Code server (the build of Code-OSS inside the code-server package) from the package registry, for
// the tests and for `npm start` where no desktop VS Code is at hand. Nothing is compiled.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { whileLocked } from '../folderLock.mjs';
import { cacheFolder } from '../paths.mjs';
import { mustRun, root, say } from '../run.mjs';

const { installNode } = createRequire(import.meta.url)('../node24.cjs');

const VERSION = '4.139.1';
const SHA512 = 'fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==';
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** Large built-in extensions that need a network service. */
const unwantedExtensions = ['copilot', 'mermaid-markdown-features'];
/** Packages that the server starts without; together more than half of its size. */
const unwantedModules = [/^@github\/copilot-sdk-/, /^@microsoft\/mxc-sdk$/, /^@vscode\/windows-/, /^@vscode\/sqlite3$/, /^kerberos$/];

/**
 * Installs the server once, keyed by version, and answers how to start it.
 * @returns {Promise<{node: string, serverMain: string, folder: string}>} `node` runs `serverMain`.
 */
export async function ensureVsCodeHost() {
  const folder = path.join(cacheFolder('vscode-host'), `code-server-${VERSION}-2`);
  const host = { node: installNode(), serverMain: path.join(folder, 'vscode', 'out', 'server-main.js'), folder };
  const isReady = () => fs.existsSync(path.join(folder, 'complete'));
  if (!isReady()) await whileLocked(folder, () => (isReady() ? undefined : install(folder, host.node)));
  return host;
}

async function install(folder, node) {
  say('vscode host', `fetching the VS Code server ${VERSION} (about 240 MB) into ${folder}, to run the extension in a real VS Code`);
  const parent = path.dirname(folder);
  fs.mkdirSync(parent, { recursive: true });
  const temporary = fs.mkdtempSync(path.join(parent, 'new-'));
  try {
    const vscode = path.join(temporary, 'vscode');
    await unpack(temporary, vscode);
    const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
    await mustRun(npm, ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: vscode, env });
    prune(vscode);
    replaceLogger(vscode);
    await mustRun(node, [path.join(vscode, 'out', 'server-main.js'), '--version'], { cwd: temporary });
    fs.writeFileSync(path.join(temporary, 'complete'), '');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(temporary, folder);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** Downloads the pinned package, checks its bytes, and moves the plain VS Code server out of it. */
async function unpack(temporary, vscode) {
  await mustRun(npm, ['pack', '--silent', `code-server@${VERSION}`], { cwd: temporary });
  const archive = path.join(temporary, `code-server-${VERSION}.tgz`);
  const sum = createHash('sha512').update(fs.readFileSync(archive)).digest('base64');
  if (sum !== SHA512) throw new Error(`code-server ${VERSION} has the sha512 ${sum}, which is not the pinned one; do not use it.`);
  const excluded = unwantedExtensions.map((name) => `--exclude=package/lib/vscode/extensions/${name}`);
  await mustRun('tar', ['xzf', archive, ...excluded, 'package/lib/vscode'], { cwd: temporary });
  fs.renameSync(path.join(temporary, 'package', 'lib', 'vscode'), vscode);
  fs.rmSync(path.join(temporary, 'package'), { recursive: true });
  fs.rmSync(archive);
}

function prune(vscode) {
  const modules = path.join(vscode, 'node_modules');
  for (const scope of fs.readdirSync(modules)) {
    const names = scope.startsWith('@') ? fs.readdirSync(path.join(modules, scope)).map((name) => `${scope}/${name}`) : [scope];
    for (const name of names) {
      if (unwantedModules.some((pattern) => pattern.test(name))) fs.rmSync(path.join(modules, name), { recursive: true });
    }
  }
  const ripgrep = path.join(modules, '@vscode', 'ripgrep-universal', 'bin');
  const wanted = `${process.platform}-${process.arch}`;
  if (!fs.existsSync(path.join(ripgrep, wanted))) return;
  for (const name of fs.readdirSync(ripgrep)) if (name !== wanted) fs.rmSync(path.join(ripgrep, name), { recursive: true });
}

/** The server's logger is a native module that would have to be compiled: without one, output channels stay empty. */
function replaceLogger(vscode) {
  const target = path.join(vscode, 'node_modules', '@vscode', 'spdlog', 'index.js');
  fs.copyFileSync(path.join(root, 'scripts', 'vscodeHost', 'fileLogger.cjs'), target);
}
