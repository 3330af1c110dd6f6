import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** Which build of Logos this extension came with. */
export interface BuildInfo {
  readonly build: string;
  readonly version: string;
}

/** Reads build.json beside the bundles; a missing file gives an empty build, which equals none. */
export async function readBuildInfo(distFolder: string): Promise<BuildInfo> {
  try {
    const value = JSON.parse(await readFile(path.join(distFolder, 'build.json'), 'utf8')) as Partial<BuildInfo>;
    return { build: String(value.build ?? ''), version: String(value.version ?? '') };
  } catch {
    return { build: '', version: '' };
  }
}
