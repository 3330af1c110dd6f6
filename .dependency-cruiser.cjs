'use strict';
// Who may import whom. README.md says the same in words, in its table of the server's folders; `npm run check` runs every rule.

/** Features of the server from the top to the bottom: a feature imports only what stands on a lower step. */
const steps = [
  ['channels'],
  ['agents'],
  ['gateway'],
  ['exec', 'inference', 'memory', 'tools', 'access', 'images'],
  ['sandboxes'],
  ['egress'],
  ['policies'],
  ['limits'],
];

const serverFolder = (names) => `^server/(${names.join('|')})/`;

/** The route to a model is made in one place and handed down as an argument: its file only says what it is. The wire part is pure and reads streams anywhere. */
const interfaceFiles = '^server/inference/(route\\.ts$|wire/)';

/** A rule that forbids an import. */
function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to };
}

/** Only the files under `owner` may import the modules that `target` matches. */
function singleImporter(name, owner, target) {
  return forbid(`only-${name}`, `Only ${owner} imports this.`, { path: '^(server|extension|webviews|docker)/', pathNot: owner }, target);
}

const builtin = (names) => ({ dependencyTypes: ['core'], path: `^(node:)?(${names})$` });
const package_ = (names) => ({ path: `(^|/)node_modules/(${names})(/|$)` });

const featureRules = steps.flatMap((names, index) => {
  const above = steps.slice(0, index).flat();
  const beside = names.length > 1 ? names : [];
  const rules = [];
  if (above.length > 0) {
    rules.push(
      forbid(
        `no-upward-${names.join('-')}`,
        'Features point one way; an arrow back is an event or an argument.',
        { path: serverFolder(names) },
        { path: serverFolder(above), pathNot: interfaceFiles },
      ),
    );
  }
  for (const name of beside) {
    rules.push(
      forbid(
        `no-sideways-${name}`,
        'Features on one step do not know each other.',
        { path: serverFolder([name]) },
        { path: serverFolder(beside.filter((other) => other !== name)), pathNot: interfaceFiles },
      ),
    );
  }
  return rules;
});

const layerRules = [
  forbid(
    'base-is-a-leaf',
    'server/base imports Node, and the table of errors.',
    { path: '^server/base/' },
    { path: '^server/(?!base/|protocol/error(s|Classes)\\.ts$)|node_modules' },
  ),
  forbid(
    'protocol-is-pure',
    'The contract imports zod and itself.',
    { path: '^server/protocol/' },
    { pathNot: '^server/protocol/|(^|/)node_modules/zod/' },
  ),
  forbid(
    'ground-knows-no-feature',
    'process, net, log and store import base, and types of protocol.',
    { path: serverFolder(['process', 'net', 'log', 'store']) },
    { path: '^server/', pathNot: '^server/(base|protocol|process|net|log|store)/' },
  ),
  forbid(
    'ground-takes-types-of-protocol',
    'process, net and log import only types of protocol.',
    { path: serverFolder(['process', 'net', 'log']) },
    { path: '^server/protocol/', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'features-leave-rpc-alone',
    'Only the composition root, the process and rpc itself import rpc; features take the types of handlers.',
    { path: '^server/', pathNot: '^server/(rpc/|lifecycle/|main\\.ts|services\\.ts|[a-zA-Z]+\\.ts$)' },
    { path: '^server/rpc/', pathNot: '^server/rpc/handlers\\.ts$' },
  ),
  forbid(
    'rpc-takes-handlers',
    'rpc imports the ground and the handlers of each feature, nothing else of a feature.',
    { path: '^server/rpc/' },
    { path: serverFolder(steps.flat()), pathNot: '/[hH]andlers\\.ts$', dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'nobody-imports-the-root',
    'main and services compose; nothing imports them.',
    { path: '^server/', pathNot: '^server/(main|services)\\.ts$' },
    { path: '^server/(main|services)\\.ts$' },
  ),
  forbid(
    'workers-know-the-wire',
    'Workers import the protocol and the pure part of inference.',
    { path: '^docker/' },
    { path: '^(server|extension|webviews)/', pathNot: '^server/(protocol|inference/wire)/' },
  ),
  forbid(
    'inference-wire-is-pure',
    'The wire part runs in workers too: it imports itself, the protocol and small packages.',
    { path: '^server/inference/wire/' },
    { path: '^server/', pathNot: '^server/(protocol|inference/wire)/' },
  ),
  forbid(
    'extension-knows-the-protocol',
    'The extension imports nothing of the server but the protocol, and of the webviews only the messages of the relay.',
    { path: '^extension/' },
    { path: '^(server|docker|webviews)/', pathNot: '^(server/protocol/|webviews/shared/relayMessages\\.ts$)' },
  ),
  forbid(
    'webviews-take-types',
    'Webviews import only types of the protocol, the pure folds of events, how an agent stands beside a session, the one notice that they place, and the limit of a message.',
    { path: '^webviews/' },
    { path: '^server/protocol/', pathNot: '^server/protocol/(transcript|topics|agentState|cutAnswer|messageLimit)\\.ts$', dependencyTypesNot: ['type-only'] },
  ),
  forbid('webviews-stand-alone', 'Webviews import no other layer.', { path: '^webviews/' }, { path: '^(server/(?!protocol/)|extension|docker)' }),
  forbid('webviews-have-no-node', 'Webviews run in a browser.', { path: '^webviews/' }, { dependencyTypes: ['core'] }),
  forbid('webviews-have-no-zod', 'Webviews do not validate at run time.', { path: '^webviews/' }, package_('zod|vscode-jsonrpc')),
  forbid('vscode-in-the-extension', 'Only the extension knows VS Code.', { path: '^(server|webviews|docker)/' }, { path: '^vscode$|@types/vscode' }),
  forbid('no-tests-in-the-product', 'The product imports no test.', { path: '^(server|extension|webviews|docker)/' }, { path: '^(test|scripts)/' }),
];

const singles = [
  singleImporter('child-process', '^(server/process/|extension/server/|docker/)', builtin('child_process')),
  singleImporter('execa', '^server/process/', package_('execa')),
  singleImporter('undici', '^server/net/', package_('undici')),
  singleImporter('better-sqlite3', '^server/store/', package_('better-sqlite3|@types/better-sqlite3')),
  singleImporter('http', '^(server/(net|egress|inference/embedded)/|docker/)', builtin('https?|http2')),
];

const general = [
  forbid('no-cycles', 'A cycle is one idea in two files, or an interface that lives too high.', {}, { circular: true }),
  forbid('resolvable', 'An import that leads nowhere.', {}, { couldNotResolve: true, pathNot: '^(vscode|node-llama-cpp)$' }),
  forbid(
    'no-dev-dependencies',
    'The product imports only what package.json lists under dependencies.',
    { path: '^(server|extension|webviews|docker)/' },
    { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
  ),
];

module.exports = {
  forbidden: [...general, ...layerRules, ...featureRules, ...singles],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|artifacts)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
