// Rules that no linter knows: sizes of files, single readers of the environment and of settings, words that age, and
// what may be inside the webview bundles. Prints one line per breach; `findBreaches` is the rules without the printing.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './run.mjs';

const MAX_LINES = 400;
const folders = ['server', 'extension', 'webviews', 'docker', 'scripts', 'test'];
const sourceName = /\.(ts|mts|cts|mjs|cjs|js|css)$/;

/** Patterns that may occur only in some files. `among` says which files are looked at. */
const singleReaders = [
  {
    pattern: /\bprocess\.env\b/,
    among: /^(server|extension|webviews|docker)\//,
    allowed: /(^|\/)main\.ts$|^extension\/server\//,
    why: 'the environment is read once, in main.ts',
  },
  {
    pattern: /workspace\.getConfiguration\b/,
    among: /^extension\//,
    allowed: /^extension\/config\.ts$/,
    why: 'settings are read in extension/config.ts',
  },
  { pattern: /\b(TODO|FIXME|XXX)\b/, among: /^(server|extension|webviews|docker|scripts)\//, allowed: /^scripts\/walls\.mjs$/, why: 'open work stands in issues' },
  { pattern: /@ts-ignore|@ts-nocheck/, among: /./, allowed: /^scripts\/walls\.mjs$/, why: 'the compiler is not silenced' },
];

/** Text that proves that a package which needs Node or validates at run time has got into a webview. */
const foreignInWebviews = [
  { pattern: /ZodError/, why: 'zod is in the bundle: import only types from server/protocol' },
  { pattern: /require\(["']node:/, why: 'a Node module is in the bundle' },
];

/** Every breach in one source file, as sentences. */
export function findBreaches(file, text) {
  const lines = text.split('\n');
  const found = [];
  const count = text.endsWith('\n') ? lines.length - 1 : lines.length;
  if (count > MAX_LINES) found.push(`${file}: ${count} lines; the wall is ${MAX_LINES}: find the second idea and name it`);
  for (const { pattern, among, allowed, why } of singleReaders) {
    if (!among.test(file) || allowed.test(file)) continue;
    lines.forEach((line, index) => {
      if (pattern.test(line)) found.push(`${file}:${index + 1}: ${pattern.source} stands here, but ${why}`);
    });
  }
  return found;
}

function sources() {
  const existing = folders.filter((folder) => fs.existsSync(path.join(root, folder)));
  return existing.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && sourceName.test(entry.name) && !entry.parentPath.includes('node_modules'))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/')),
  );
}

function webviewBreaches() {
  const folder = path.join(root, 'dist', 'webviews');
  if (!fs.existsSync(folder)) return ['dist/webviews is not there: build first'];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .flatMap((name) => {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      return foreignInWebviews.filter(({ pattern }) => pattern.test(text)).map(({ why }) => `dist/webviews/${name}: ${why}`);
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = sources();
  const breaches = files.flatMap((file) => findBreaches(file, fs.readFileSync(path.join(root, file), 'utf8')));
  breaches.push(...webviewBreaches());
  for (const breach of breaches) console.log(breach);
  console.log(`${files.length} files, ${breaches.length} breaches`);
  if (files.length === 0 || breaches.length > 0) process.exitCode = 1;
}
