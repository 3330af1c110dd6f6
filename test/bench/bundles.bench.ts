// What is loaded: a production build in a folder of its own, and what activation reads of it.
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../../scripts/build.mjs';
import { printRow } from './rows.ts';

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
const limits = { extension: 150_000, chat: 350_000 };

/** What activation reads: the extension and every chunk, because it begins to connect at once. */
function readByActivation(dist: string): string[] {
  const chunks = path.join(dist, 'chunks');
  const names = fs.existsSync(chunks) ? fs.readdirSync(chunks).filter((name) => name.endsWith('.js')) : [];
  return ['extension.js', ...names.map((name) => path.join('chunks', name))];
}

const dist = fs.mkdtempSync('/tmp/lg-dist-');
try {
  await build({ isProduction: true, dist, say: () => undefined });
  const files = readByActivation(dist);
  const sizes = files.map((file) => fs.statSync(path.join(dist, file)).size);
  const activation = sizes.reduce((total, size) => total + size, 0);
  printRow({ name: 'what activation loads', goal: '<= 150 KB', figure: kilobytes(activation), ok: activation <= limits.extension, note: `${files.map((file, n) => `${file} ${kilobytes(sizes[n] ?? 0)}`).join(', ')}; minified, KB of 1,000 bytes` });
  const chat = fs.statSync(path.join(dist, 'webviews', 'chat.js')).size;
  printRow({ name: 'chat webview bundle', goal: '<= 350 KB', figure: kilobytes(chat), ok: chat <= limits.chat });
} finally {
  fs.rmSync(dist, { recursive: true, force: true });
}
