/** A program that runs JavaScript files, and what it must find in its environment. */
export interface NodeChoice {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The oldest Node that the gateway runs on. */
const OLDEST = [22, 19] as const;

/** What is known about the program that runs the extension host. */
export interface HostRuntime {
  readonly execPath: string;
  readonly versions: { readonly node: string; readonly electron?: string | undefined };
}

/** Which program starts the gateway: the setting, else the extension host's own (Electron as Node), else `node` of the PATH. */
export function chooseNode(setting: string | undefined, host: HostRuntime = process): NodeChoice {
  if (setting?.trim()) return { path: setting.trim(), env: {} };
  if (!isNewEnough(host.versions.node)) return { path: 'node', env: {} };
  return { path: host.execPath, env: host.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' } };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}
