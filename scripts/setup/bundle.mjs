import fs from 'node:fs';
import path from 'node:path';
import { build } from '../build.mjs';
import { newestSource } from '../bundles.mjs';
import { root, say } from '../run.mjs';

/** Bundles into dist/ when a source is newer than the last build. */
export async function ensureBuild() {
  const mark = path.join(root, 'dist', 'build.json');
  if (fs.existsSync(mark) && fs.statSync(mark).mtimeMs >= newestSource(root)) return;
  say('build', 'bundling into dist/, because the sources are newer');
  await build({ say: (line) => process.stderr.write(`${line}\n`) });
}
