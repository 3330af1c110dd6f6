import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Throws when the file's sha256 is not the one that its component names. */
export async function checkWeights(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1_048_576 }), hash);
  if (hash.digest('hex') !== sha256) throw new Error(`The weights ${file} are not the ones that were installed.`);
}
