import os from 'node:os';
import path from 'node:path';

/** The gateway's state directory: the setting, else `LOGOS_HOME`, else where the platform keeps such things. A test holds it to the gateway's own choice. */
export function stateFolder(setting: string | undefined, env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const chosen = setting?.trim() || env['LOGOS_HOME'];
  if (chosen) return path.resolve(expandHome(chosen));
  const home = os.homedir();
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Logos');
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] || path.join(home, 'AppData', 'Local'), 'Logos');
  const state = env['XDG_STATE_HOME'];
  return path.join(state !== undefined && path.isAbsolute(state) ? state : path.join(home, '.local', 'state'), 'logos');
}

function expandHome(folder: string): string {
  return folder === '~' || folder.startsWith('~/') ? path.join(os.homedir(), folder.slice(1)) : folder;
}
