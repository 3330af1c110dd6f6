// `npm run protocol` writes docs/protocol from the contract and from the tables about model servers; with --check it writes nothing and fails when they differ.
import fs from 'node:fs';
import path from 'node:path';
import { root, say } from './run.mjs';

// Node warns that it strips types from files whose package names no module type; that is how they are meant to be.
process.removeAllListeners('warning');

const folder = path.join(root, 'docs', 'protocol');

/** The files below docs/protocol with the text that they should have. */
export async function createFiles() {
  const { createDocument } = await import('./protocol/openrpc.mjs');
  const { createReadme } = await import('./protocol/markdown.mjs');
  const { createModelServers } = await import('./protocol/modelServers.mjs');
  const made = await createDocument();
  return { 'openrpc.json': `${JSON.stringify(made.document, undefined, 2)}\n`, 'README.md': createReadme(made), 'model-servers.md': await createModelServers() };
}

function read(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

if (process.argv[1] === import.meta.filename) {
  const isCheck = process.argv.includes('--check');
  const stale = [];
  for (const [name, text] of Object.entries(await createFiles())) {
    const file = path.join(folder, name);
    if (read(file) === text) continue;
    stale.push(`docs/protocol/${name}`);
    if (isCheck) continue;
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(file, text);
  }
  if (stale.length === 0) say('protocol', 'docs/protocol is in step with server/protocol');
  else if (isCheck) say('protocol', `${stale.join(' and ')} differ from server/protocol: run \`npm run protocol\` and commit`);
  else say('protocol', `wrote ${stale.join(' and ')}`);
  process.exitCode = isCheck && stale.length > 0 ? 1 : 0;
}
