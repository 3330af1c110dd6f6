import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import { Accounts, readIdSources } from './accounts.ts';

/** Socket paths on the host stay below this many bytes: the kernel's limit is 108, and older Node cuts in silence. */
const maxSocketPathBytes = 96;
const socketName = 'inference.sock';
const taskNameLength = 16;

/** Ids that a sandbox's processes have on the host; undefined means those of the gateway. */
export interface HostIds {
  readonly uid: number;
  readonly gid: number;
}

/** Where everything lives when the gateway runs as root. */
export interface SystemPlaces {
  /** Shared by all gateways of this machine. */
  readonly systemRoot: string;
  /** Folder in it of this state directory alone. */
  readonly own: string;
  readonly stateDir: string;
}

/** Where sandboxes live on this host, and as whom. */
export interface Places {
  /** Folder of all sandboxes of this gateway. */
  readonly sandboxes: string;
  /** Folder of the private directories of running tasks. */
  readonly tasks: string;
  /** Folder for copies of Node and the worker; undefined when the originals can be read as they are. */
  readonly runtimes: string | undefined;
  /** Folder of what sandboxes have as /etc. */
  readonly etc: string;
  /** Host ids per sandbox folder; undefined when everything runs as the gateway's own, unprivileged user. */
  readonly accounts: Accounts | undefined;
  /** Undefined where the sandboxes of this gateway lie in its state directory. */
  readonly system: SystemPlaces | undefined;
}

/** What decides where sandboxes live. */
export interface PlaceOptions {
  /** Real path of the gateway's state directory. */
  readonly stateDir: string;
  /** `/var/lib/logos`, the home of everything when the gateway runs as root. */
  readonly systemRoot: string;
  readonly uid: number;
}

/**
 * Makes the folders. An ordinary user keeps homes in the state directory; root keeps everything below `systemRoot`,
 * because an unprivileged id reaches nothing below root's own home.
 */
export function openPlaces(options: PlaceOptions): Places {
  return options.uid === 0 ? openSystemPlaces(options) : openUserPlaces(options);
}

/** The folder of one agent's sandbox; its home is `home` in it. */
export function sandboxFolder(places: Places, agentId: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(agentId)) {
    throw new AppError('internal', `"${agentId}" is not the id of an agent.`, { hint: 'Send the log with your report.' });
  }
  return path.join(places.sandboxes, agentId);
}

function openSystemPlaces({ stateDir, systemRoot }: PlaceOptions): Places {
  const own = path.join(systemRoot, shortHash(stateDir));
  const places = { sandboxes: path.join(own, 'sandboxes'), tasks: path.join(own, 'tasks'), etc: path.join(own, 'etc'), runtimes: path.join(systemRoot, 'runtime') };
  const uids = path.join(systemRoot, 'uids');
  for (const folder of [systemRoot, own, places.sandboxes, places.tasks, places.etc, places.runtimes]) makeFolder(folder, 0, 0o711);
  makeFolder(uids, 0, 0o700);
  return { ...places, accounts: new Accounts(uids, readIdSources()), system: { systemRoot, own, stateDir } };
}

function openUserPlaces({ stateDir, uid }: PlaceOptions): Places {
  const sandboxes = path.join(stateDir, 'sandboxes');
  makeFolder(sandboxes, uid, 0o700);
  const isShort = Buffer.byteLength(path.join(stateDir, 't', 'x'.repeat(taskNameLength), socketName)) <= maxSocketPathBytes;
  const tasks = isShort ? path.join(stateDir, 't') : `/tmp/logos-${uid}-${shortHash(stateDir)}`;
  makeFolder(tasks, uid, 0o700);
  const etc = path.join(stateDir, 'etc');
  makeFolder(etc, uid, 0o700);
  return { sandboxes, tasks, etc, runtimes: undefined, accounts: undefined, system: undefined };
}

/** Makes a folder, or checks one that is there: it must be a real folder of `uid`, else somebody has put theirs in its place. */
function makeFolder(folder: string, uid: number, mode: number): void {
  const parent = path.dirname(folder);
  if (!fs.existsSync(parent)) fs.mkdirSync(parent, { recursive: true, mode: 0o711 });
  try {
    fs.mkdirSync(folder, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw folderError(folder, error);
  }
  const stat = fs.lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid) throw folderError(folder, undefined);
  if ((stat.mode & 0o777) !== mode) fs.chmodSync(folder, mode);
}

function folderError(folder: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'not_ours';
  return new AppError('sandbox_unavailable', `The folder ${folder} for sandboxes cannot be used (${code}).`, {
    reason: code,
    hint: code === 'not_ours' ? `Remove ${folder}: it belongs to somebody else.` : `Make ${folder} writable for the gateway.`,
    cause,
  });
}

/** A private directory for one task, owned by the sandbox's host ids. */
export function makeTaskDirectory(places: Places, ids: HostIds | undefined): string {
  const directory = path.join(places.tasks, crypto.randomBytes(taskNameLength / 2).toString('hex'));
  fs.mkdirSync(directory, { mode: 0o700 });
  if (ids !== undefined) fs.chownSync(directory, ids.uid, ids.gid);
  return directory;
}

/** The name of a state directory's folder, of eight hexadecimal digits. */
export function shortHash(text: string): string {
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, 8);
}
