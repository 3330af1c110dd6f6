/** Names that a gateway may know; everything else of the client that starts it stays behind. */
const allowedNames = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS']);
const windowsNames = new Set(['APPDATA', 'LOCALAPPDATA', 'USERPROFILE', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'PROGRAMDATA', 'HOMEDRIVE', 'HOMEPATH']);
const allowedPrefixes = ['LOGOS_', 'XDG_', 'LC_'];
/** Vanishes at logout under a living gateway, so nothing may be built on it. */
const refusedNames = new Set(['XDG_RUNTIME_DIR', 'XDG_SESSION_ID']);

/** The part of an environment that a gateway is started with. Pure. */
export function gatewayEnvironment(environment: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform): Record<string, string> {
  const isAllowed = (name: string): boolean => {
    if (refusedNames.has(name)) return false;
    const known = platform === 'win32' ? name.toUpperCase() : name;
    return allowedNames.has(known) || (platform === 'win32' && windowsNames.has(known)) || allowedPrefixes.some((prefix) => known.startsWith(prefix));
  };
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && isAllowed(entry[0])));
}

/**
 * What a gateway's allocator is told: to give free memory back from 128 KiB on. By itself the one of glibc raises that bound to what was
 * once freed at a time, so that the buffers of one start are kept for ever. Others do not know the name.
 */
export const allocatorSettings: Readonly<Record<string, string>> = { MALLOC_TRIM_THRESHOLD_: '131072' };
