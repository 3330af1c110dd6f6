import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { whileLocked } from '../folderLock.mjs';
import { mustRun, root, say } from '../run.mjs';

/** Installs the packages of package-lock.json unless node_modules already holds exactly these. */
export async function ensureDependencies() {
  const lockHash = createHash('sha256').update(fs.readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
  const marker = path.join(root, 'node_modules', '.logos-lock');
  const isReady = () => fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === lockHash;
  if (isReady()) return;
  await whileLocked(path.join(root, 'node_modules'), async () => {
    if (isReady()) return;
    say('packages', 'installing the packages of package-lock.json, because node_modules is missing or older');
    await mustRun(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--ignore-scripts', '--loglevel=error']);
    fs.writeFileSync(marker, lockHash);
  });
}
