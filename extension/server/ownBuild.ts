import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Which build of Logos this extension came with. */
export interface OwnBuild {
  readonly build: string;
  readonly version: string;
}

/** Reads build.json beside the bundles; a missing file gives an empty build, which equals none. */
export async function readOwnBuild(distFolder: string): Promise<OwnBuild> {
  try {
    const value = JSON.parse(await readFile(path.join(distFolder, 'build.json'), 'utf8')) as Partial<OwnBuild>;
    return { build: String(value.build ?? ''), version: String(value.version ?? '') };
  } catch {
    return { build: '', version: '' };
  }
}
