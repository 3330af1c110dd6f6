import fs from 'node:fs';
import path from 'node:path';
import { build } from '../build.mjs';
import { newestSource } from '../bundles.mjs';
import { root, say } from '../run.mjs';

/** Bundles into `dist` when a source is newer than the last build, or when a production build is wanted and that one was none. */
export async function ensureBuild({ isProduction = false, dist = path.join(root, 'dist') } = {}) {
  const mark = path.join(dist, 'build.json');
  const isFresh = fs.existsSync(mark) && fs.statSync(mark).mtimeMs >= newestSource(root);
  if (isFresh && (!isProduction || JSON.parse(fs.readFileSync(mark, 'utf8')).isProduction === true)) return;
  say('build', `bundling into ${path.relative(root, dist)}/, because ${isFresh ? 'it holds a build for development' : 'the sources are newer'}`);
  await build({ isProduction, dist, say: (line) => process.stderr.write(`${line}\n`) });
}
