// What is loaded: a production build in a folder of its own, and what activation reads of it.
import fs from 'node:fs';
import path from 'node:path';
import { build } from '../../scripts/build.mjs';
import { printRow } from './rows.ts';

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
const limits = { extension: 150_000, chat: 350_000 };

/** Files that a bundle reads as soon as it is loaded: itself and what it requires of ours at once; chunks are read when wanted. */
function loadedAtOnce(dist: string): string[] {
  const text = fs.readFileSync(path.join(dist, 'extension.js'), 'utf8');
  const required = [...text.matchAll(/(?<!\.then\(\(\)=>)require\("(\.\/[^"]+)"\)/g)].map(([, file = '']) => file).filter((file) => !file.startsWith('./chunks/'));
  return ['extension.js', ...new Set(required)];
}

const dist = fs.mkdtempSync('/tmp/lg-dist-');
try {
  await build({ isProduction: true, dist, say: () => undefined });
  const files = loadedAtOnce(dist);
  const activation = files.reduce((total, file) => total + fs.statSync(path.join(dist, file)).size, 0);
  printRow({ name: 'what activation loads', goal: '<= 150 KB', figure: kilobytes(activation), ok: activation <= limits.extension, note: `${files.join(', ')}; minified, KB of 1,000 bytes` });
  const chat = fs.statSync(path.join(dist, 'webviews', 'chat.js')).size;
  printRow({ name: 'chat webview bundle', goal: '<= 350 KB', figure: kilobytes(chat), ok: chat <= limits.chat });
} finally {
  fs.rmSync(dist, { recursive: true, force: true });
}
