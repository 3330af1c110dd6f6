// Where things are kept on each platform: caches of the tools, and the state of the gateway.
import os from 'node:os';
import path from 'node:path';

/** A folder below the user's cache, for things that can be fetched again. LOGOS_CACHE moves all of them. */
export function cacheFolder(name) {
  if (process.env.LOGOS_CACHE) return path.join(process.env.LOGOS_CACHE, name);
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), `logos-${name}`);
}

/** The gateway's state directory: LOGOS_HOME, else where the platform keeps such things. A test holds it to the gateway's own choice. */
export function stateFolder(env = process.env) {
  if (env.LOGOS_HOME) return path.resolve(env.LOGOS_HOME);
  const home = os.homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Logos');
  if (process.platform === 'win32') return path.join(env.LOCALAPPDATA || path.join(home, 'AppData', 'Local'), 'Logos');
  const isMoved = env.XDG_STATE_HOME && path.isAbsolute(env.XDG_STATE_HOME);
  return path.join(isMoved ? env.XDG_STATE_HOME : path.join(home, '.local', 'state'), 'logos');
}
