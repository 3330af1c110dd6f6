import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import type { HostIds } from './places.ts';

/** The home in the folder of a sandbox. */
export function homeIn(folder: string): string {
  return path.join(folder, 'home');
}

/** Makes the home in the folder of a sandbox, and gives it to the ids of the sandbox. Throws `sandbox_unavailable` when something else lies in its place. */
export function makeHome(folder: string, ids: HostIds | undefined): string {
  const home = homeIn(folder);
  fs.mkdirSync(folder, { recursive: true, mode: ids === undefined ? 0o700 : 0o711 });
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const stat = fs.lstatSync(home);
  if (!stat.isDirectory()) throw new AppError('sandbox_unavailable', `${home} is not a folder.`, { reason: 'home_replaced', hint: 'Reset the sandbox of this agent.' });
  if (ids === undefined || stat.uid === ids.uid) return home;
  if (stat.uid !== 0) throw new AppError('sandbox_unavailable', `${home} belongs to another user id than its sandbox.`, { reason: 'home_owner', hint: 'Reset the sandbox of this agent.' });
  fs.chownSync(home, ids.uid, ids.gid);
  return home;
}

/** Names this very directory: a worker that waits with an earlier one of the same path would write into what is deleted. */
export function identityOf(directory: string): string {
  const { dev, ino, birthtimeNs } = fs.statSync(directory, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}
