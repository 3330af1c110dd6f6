import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../base/appError.ts';

/** Where the process itself keeps what it needs in a state directory; the services name their own files below `home`, which is a real path. */
export interface StatePaths {
  readonly home: string;
  /** The pointer file: where the running gateway listens. */
  readonly pointer: string;
  readonly logs: string;
  /** What a starting gateway says on stderr. */
  readonly startLog: string;
  /** One folder for each build that a gateway runs from. */
  readonly versions: string;
  /** Starts whose gateway has not lived long enough yet. */
  readonly starts: string;
  /** The folder whose lock is held while a gateway is being started. */
  readonly starting: string;
}

/** What decides where the state directory is. */
export interface HomeFacts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly userHome: string;
}

/** The state directory: LOGOS_HOME, else the platform's convention. Pure. */
export function chooseHome({ environment, platform, userHome }: HomeFacts): string {
  const given = environment['LOGOS_HOME'];
  if (given !== undefined && given !== '') return path.resolve(given);
  if (platform === 'darwin') return path.join(userHome, 'Library', 'Application Support', 'Logos');
  if (platform === 'win32') return path.join(environment['LOCALAPPDATA'] || path.join(userHome, 'AppData', 'Local'), 'Logos');
  const state = environment['XDG_STATE_HOME'];
  return path.join(state !== undefined && path.isAbsolute(state) ? state : path.join(userHome, '.local', 'state'), 'logos');
}

/** Makes the state directory, for its owner alone, and names what lies in it. Throws `forbidden` when it is somebody else's. */
export function prepareHome(wanted: string): StatePaths {
  try {
    fs.mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const home = fs.realpathSync(wanted);
    keepPrivate(home);
    const paths = pathsIn(home);
    for (const folder of [paths.logs, paths.versions, paths.starting]) fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return paths;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new AppError('forbidden', `The state directory ${wanted} cannot be made: ${code}.`, { reason: code, hint: 'Make it writable, or set LOGOS_HOME to a folder that is.', cause: error });
  }
}

function pathsIn(home: string): StatePaths {
  return {
    home,
    pointer: path.join(home, 'gateway.json'),
    logs: path.join(home, 'logs'),
    startLog: path.join(home, 'logs', 'gateway-start.log'),
    versions: path.join(home, 'versions'),
    starts: path.join(home, 'starts.json'),
    starting: path.join(home, 'starting'),
  };
}

function keepPrivate(home: string): void {
  if (process.platform === 'win32') return;
  const stat = fs.statSync(home);
  if (stat.uid !== process.getuid?.()) {
    throw new AppError('forbidden', `The state directory ${home} belongs to another user.`, { reason: 'owner', hint: 'Set LOGOS_HOME to a folder of your own.' });
  }
  if ((stat.mode & 0o777) === 0o700) return;
  // A folder that somebody uses for something else, such as a home folder, is not ours to close to others.
  const foreign = fs.readdirSync(home).find((name) => !ownEntries.test(name));
  if (foreign !== undefined) {
    throw new AppError('forbidden', `The folder ${home} holds other things, such as ${foreign}, and is open to others.`, { reason: 'not_a_state_directory', hint: 'Set LOGOS_HOME to a folder of its own.' });
  }
  fs.chmodSync(home, 0o700);
}

/** What a state directory holds. */
const ownEntries = /^(gateway|logos\.db|starts\.json|starting|versions|logs|components|sandboxes|souls|policies|keys\.json|\.keys-|t$)/;
