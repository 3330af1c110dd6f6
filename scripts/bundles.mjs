// What is bundled from what. Each bundle is a set of esbuild options; build.mjs runs them.
import fs from 'node:fs';
import path from 'node:path';

const NODE_TARGET = 'node22.19';
const BROWSER_TARGET = 'chrome128';

/**
 * Files and folders copied as they are: [from, to below dist]. The gateway runs from a copy of dist/, so whatever it reads
 * at run time is here. A folder that stands beside its source file gets its own name below dist/, so that
 * `path.join(import.meta.dirname, 'migrations')` is right in the sources and in the bundle.
 */
export const copies = [
  ['server/nodeGuard.cjs', 'server.js'],
  ['node_modules/@vscode/codicons/dist/codicon.css', 'webviews/codicon.css'],
  ['node_modules/@vscode/codicons/dist/codicon.ttf', 'webviews/codicon.ttf'],
  ['server/store/migrations', 'migrations'],
  ['policies', 'policies'],
  ['server/agents/souls', 'souls'],
];

const dynamicImports = new Set();

/** Of better-sqlite3 only the entry of one platform is bundled, because its usual entry finds the native file by path. */
function platformSqlite(target) {
  return {
    name: 'platform-sqlite',
    setup(build) {
      build.onResolve({ filter: /^better-sqlite3$/ }, ({ resolveDir }) =>
        build.resolve(`better-sqlite3/${target}`, { kind: 'require-call', resolveDir }),
      );
    },
  };
}

/** Of undici only connections and requests are bundled; its usual entry brings fetch, caches, mocks and a SQLite store, half of the bundle. */
function requestsOfUndici() {
  const filter = /^undici$/;
  const contents = `
    exports.Agent = require('undici/lib/dispatcher/agent.js');
    exports.buildConnector = require('undici/lib/core/connect.js');
    require('undici/lib/dispatcher/dispatcher.js').prototype.request = require('undici/lib/api/api-request.js');`;
  return {
    name: 'requests-of-undici',
    setup(build) {
      build.onResolve({ filter }, ({ path: name, resolveDir }) => ({ path: name, namespace: 'requests-of-undici', pluginData: resolveDir }));
      build.onLoad({ filter, namespace: 'requests-of-undici' }, ({ pluginData }) => ({ contents, resolveDir: pluginData }));
    },
  };
}

/**
 * `await import('pkg')` in the extension becomes a file of its own, dist/chunks/<name>.js, read only when it is wanted.
 * A chunk shares no module state with the main bundle: import only packages this way, never a module of ours with state.
 */
function lazyPackages() {
  return {
    name: 'lazy-packages',
    setup(build) {
      build.onResolve({ filter: /^[a-z@]/ }, ({ path: specifier, kind }) => {
        if (kind !== 'dynamic-import' || specifier === 'vscode' || specifier.startsWith('node:')) return undefined;
        dynamicImports.add(specifier);
        return { path: `./chunks/${chunkName(specifier)}.js`, external: true };
      });
    },
  };
}

function chunkName(specifier) {
  return specifier.replace(/^@/, '').replaceAll('/', '-');
}

function shared({ root, dist, isProduction }) {
  return {
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    minify: isProduction,
    sourcemap: isProduction ? false : 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.sql': 'text', '.md': 'text', '.yaml': 'text' },
    define: { 'process.env.NODE_ENV': isProduction ? '"production"' : '"development"' },
  };
}

function forNode(options) {
  // The bundles are CommonJS; the sources say `import.meta.dirname`, which then means the folder of the bundle.
  return {
    ...shared(options),
    platform: 'node',
    format: 'cjs',
    target: NODE_TARGET,
    banner: { js: "const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    define: {
      // By this name undici knows a bundler and leaves out its second parser of HTTP, which nobody turns on.
      esbuildDetection: '1',
      'import.meta.dirname': '__dirname',
      'import.meta.filename': '__filename',
      'import.meta.url': '__importMetaUrl',
    },
  };
}

/** The bundles, in no order. `target` is `<platform>-<arch>` and chooses the native file. */
export function bundles(options) {
  const loader = { ...shared(options).loader, '.node': 'copy' };
  const native = { loader, plugins: [platformSqlite(options.target), requestsOfUndici()] };
  dynamicImports.clear();
  return [
    // It is read whole whenever a window opens, also from a build for development.
    { ...forNode(options), minifyWhitespace: true, entryPoints: { extension: 'extension/main.ts' }, external: ['vscode'], plugins: [lazyPackages()] },
    { ...forNode(options), ...native, entryPoints: { serverMain: 'server/main.ts' } },
    { ...forNode(options), ...native, entryPoints: { storeThread: 'server/store/storeThread.ts' } },
    // It is read whole whenever a worker starts.
    { ...forNode(options), minifyWhitespace: true, minifySyntax: true, entryPoints: { worker: 'docker/local/main.ts' } },
    {
      ...forNode(options),
      entryPoints: { embeddedModel: 'server/inference/embedded/main.ts' },
      external: ['node-llama-cpp'],
    },
    {
      ...shared(options),
      entryPoints: { 'webviews/chat': 'webviews/chat/main.ts' },
      platform: 'browser',
      format: 'iife',
      target: BROWSER_TARGET,
      conditions: options.isProduction ? ['browser'] : ['browser', 'development'],
    },
  ];
}

/** The bundles of the packages that the extension imports lazily; known only after the extension was bundled. */
export function chunkEntries(options) {
  if (dynamicImports.size === 0) return [];
  const entryPoints = Object.fromEntries([...dynamicImports].map((name) => [`chunks/${chunkName(name)}`, name]));
  return [{ ...forNode(options), entryPoints, external: ['vscode'] }];
}

/** The newest modification time, in ms, of anything a bundle is made from. */
export function newestSource(root) {
  const folders = ['server', 'extension', 'webviews', 'docker', 'policies', 'scripts/build.mjs', 'scripts/bundles.mjs', 'package-lock.json'];
  let newest = 0;
  for (const folder of folders) {
    const full = path.join(root, folder);
    if (!fs.existsSync(full)) continue;
    const stat = fs.statSync(full);
    newest = Math.max(newest, stat.mtimeMs);
    if (!stat.isDirectory()) continue;
    for (const entry of fs.readdirSync(full, { recursive: true })) {
      newest = Math.max(newest, fs.statSync(path.join(full, String(entry))).mtimeMs);
    }
  }
  return newest;
}
