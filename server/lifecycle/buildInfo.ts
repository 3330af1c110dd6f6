import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const BuildFile = z.object({ build: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/), version: z.string() });

/** Which build a process is of. */
export interface BuildInfo {
  /** Hash over all bundles; `source` when it runs from the sources. */
  readonly build: string;
  readonly version: string;
  /** Folder of the bundles, or of the sources. */
  readonly distribution: string;
  /** The file that Node runs. */
  readonly entry: string;
  readonly isBundled: boolean;
}

/** Reads build.json beside the bundles; without one the process runs from the sources, as `entry` was started. */
export function readBuildInfo(distribution: string, entry: string): BuildInfo {
  const file = path.join(distribution, 'build.json');
  if (!fs.existsSync(file)) return { build: 'source', version: '0.0.0', distribution, entry, isBundled: false };
  const { build, version } = BuildFile.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  return { build, version, distribution, entry: path.join(distribution, 'server.js'), isBundled: true };
}
