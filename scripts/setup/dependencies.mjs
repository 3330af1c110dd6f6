import fs from 'node:fs';
import path from 'node:path';
import { whileLocked } from '../folderLock.mjs';
import { mustRun, root, say } from '../run.mjs';

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether what npm has noted of an installed folder is what the lock file asks for. Packages for other platforms are
 * optional and may be absent.
 * @param {Record<string, {version?: string, integrity?: string, optional?: boolean}>} wanted of package-lock.json
 * @param {Record<string, {version?: string, integrity?: string}> | undefined} installed of node_modules/.package-lock.json
 */
export function isInstalled(wanted, installed) {
  if (!installed) return false;
  return Object.entries(wanted).every(([place, { version, integrity, optional }]) => {
    if (place === '') return true;
    const present = installed[place];
    if (!present) return optional === true;
    return present.version === version && present.integrity === integrity;
  });
}

/** Installs the packages of package-lock.json unless node_modules already holds exactly these. */
export async function ensureDependencies() {
  const modules = path.join(root, 'node_modules');
  const wanted = readPackages(path.join(root, 'package-lock.json'));
  if (!wanted) throw new Error('package-lock.json cannot be read; take it from the repository again.');
  const isReady = () => isInstalled(wanted, readPackages(path.join(modules, '.package-lock.json')));
  if (isReady()) return;
  await whileLocked(modules, async () => {
    if (isReady()) return;
    say('packages', 'installing the packages of package-lock.json (about 330 MB, some 20 s), because node_modules does not hold them');
    await mustRun(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--ignore-scripts', '--loglevel=error']);
  });
}
