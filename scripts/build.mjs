// Bundles everything into dist/: `node scripts/build.mjs [--production] [--watch] [--target linux-x64]`.
// Relations: scripts/bundles.mjs says what is built, this file builds it and writes dist/build.json.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundles, copies, chunkEntries } from './bundles.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Copies the files that no bundler makes: icon font, migrations, policies, souls. */
function copyAssets(dist) {
  for (const [from, to] of copies) fs.cpSync(path.join(root, from), path.join(dist, to), { recursive: true });
}

/** Puts a finished build in the place of the one before, file by file: a program that runs from there keeps the files that it has open. */
function replaceOutputs(finished, dist) {
  const files = fs.readdirSync(finished, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = new Set();
  for (const entry of files) {
    const from = path.join(entry.parentPath, entry.name);
    const to = path.join(dist, path.relative(finished, from));
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.renameSync(from, to);
    kept.add(to);
  }
  for (const entry of fs.readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !kept.has(file)) fs.rmSync(file);
  }
}

/** All files under a folder, sorted, without source maps and without the file that holds the hash itself. */
function listOutputs(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map') && entry.name !== 'build.json')
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Writes build.json: {build, version, isProduction}; `build` is a hash of all bundles, so that a gateway and a client can compare. */
function writeBuildFile(dist, isProduction) {
  const hash = createHash('sha256');
  for (const file of listOutputs(dist)) {
    hash.update(path.relative(dist, file)).update('\0').update(fs.readFileSync(file)).update('\0');
  }
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const info = { build: hash.digest('hex').slice(0, 16), version, isProduction };
  fs.writeFileSync(path.join(dist, 'build.json'), `${JSON.stringify(info)}\n`);
  return info;
}

/** Waits for all, also when one fails: none may go on writing into a folder that is removed. */
async function allBuilt(builds) {
  const failed = (await Promise.allSettled(builds)).find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

/**
 * Builds all bundles once.
 * @param {{isProduction?: boolean, target?: string, dist?: string, say?: (line: string) => void}} options `target` is `<platform>-<arch>`.
 */
export async function build({
  isProduction = false,
  target = `${process.platform}-${process.arch}`,
  dist = path.join(root, 'dist'),
  say = console.log,
} = {}) {
  const esbuild = await import('esbuild');
  const startedAt = Date.now();
  const finished = fs.mkdtempSync(`${dist}.new-`);
  try {
    const options = { root, dist: finished, isProduction, target };
    await allBuilt(bundles(options).map((bundle) => esbuild.build(bundle)));
    await allBuilt(chunkEntries(options).map((bundle) => esbuild.build(bundle)));
    copyAssets(finished);
    // The bundles are CommonJS, whatever a package.json above the folder they are copied to may say.
    fs.writeFileSync(path.join(finished, 'package.json'), '{"type":"commonjs"}\n');
    const { build: id, version } = writeBuildFile(finished, isProduction);
    replaceOutputs(finished, dist);
    say(`build: ${path.relative(root, dist)} holds build ${id} of version ${version}, made in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  } finally {
    fs.rmSync(finished, { recursive: true, force: true });
  }
}

/** Builds, then builds again after each change below the source folders, until interrupted. */
async function watch(options) {
  let isRunning = false;
  let isStale = true;
  const run = async () => {
    if (isRunning) return;
    isRunning = true;
    while (isStale) {
      isStale = false;
      await build(options).catch((error) => console.error(`build: ${error.message}`));
    }
    isRunning = false;
  };
  for (const folder of ['server', 'extension', 'webviews', 'docker']) {
    if (!fs.existsSync(path.join(root, folder))) continue;
    fs.watch(path.join(root, folder), { recursive: true }, () => {
      isStale = true;
      setTimeout(run, 50);
    });
  }
  await run();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const at = args.indexOf('--target');
  const options = { isProduction: args.includes('--production'), ...(at >= 0 ? { target: args[at + 1] } : {}) };
  try {
    await (await import('./setup/dependencies.mjs')).ensureDependencies();
    await (args.includes('--watch') ? watch(options) : build(options));
  } catch (error) {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  }
}
