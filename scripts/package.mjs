// Makes artifacts/logos-<target>.vsix: `node scripts/package.mjs [--target linux-x64]`. One target holds one native file.
import fs from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { mustRun, root, say } from './run.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';

/** What goes into the package besides dist/; a file that is not listed here and in .vscodeignore is not shipped. */
const shipped = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', '.vscodeignore', 'extension/media'];

/** Counts the native files, because a package with none cannot open its store and one with more is for no platform. */
function checkNativeFiles(stage) {
  const native = fs.readdirSync(stage, { recursive: true }).filter((name) => String(name).endsWith('.node'));
  if (native.length !== 1) throw new Error(`the package would hold ${native.length} native files (${native.join(', ')}); it must hold one.`);
}

/**
 * Builds into a folder of its own and packs it.
 * @param {string} target `<platform>-<arch>`
 * @returns {Promise<string>} the path of the package
 */
export async function makePackage(target = `${process.platform}-${process.arch}`) {
  const artifacts = path.join(root, 'artifacts');
  const stage = path.join(artifacts, `stage-${target}`);
  const file = path.join(artifacts, `logos-${target}.vsix`);
  fs.rmSync(stage, { recursive: true, force: true });
  fs.mkdirSync(stage, { recursive: true });
  await build({ isProduction: true, target, dist: path.join(stage, 'dist'), say: (line) => process.stderr.write(`${line}\n`) });
  checkNativeFiles(stage);
  for (const name of shipped) {
    const from = path.join(root, name);
    if (fs.existsSync(from)) fs.cpSync(from, path.join(stage, name), { recursive: true });
  }
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  await mustRun(process.execPath, [vsce, 'package', '--no-dependencies', '--target', target, '--out', file], { cwd: stage });
  fs.rmSync(stage, { recursive: true });
  say('package', `${path.relative(root, file)} (${Math.round(fs.statSync(file).size / 1024)} KB)`);
  return file;
}

if (process.argv[1] === import.meta.filename) {
  try {
    await ensureDependencies();
    const at = process.argv.indexOf('--target');
    await makePackage(at > 0 ? process.argv[at + 1] : undefined);
  } catch (error) {
    say('package', error.message);
    process.exitCode = 1;
  }
}
