import { hasProgram, isRoot, mustRun, say } from '../run.mjs';

/** The package managers, first found first used: how each refreshes its lists and installs. */
const managers = [
  { program: 'apt-get', refresh: ['apt-get', 'update', '-q'], install: ['apt-get', 'install', '-y', '-q', '--no-install-recommends'] },
  { program: 'dnf', install: ['dnf', 'install', '-y'] },
  { program: 'apk', refresh: ['apk', 'update'], install: ['apk', 'add'] },
  { program: 'pacman', install: ['pacman', '-Sy', '--noconfirm'] },
  { program: 'zypper', install: ['zypper', '--non-interactive', 'install'] },
];

/**
 * Installs system packages when this is root, else throws an error that holds the exact command.
 * @param {{step: string, why: string, names: Record<string, string[]> & {default: string[]}}} wish names by package manager
 */
export async function installSystemPackages({ step, why, names }) {
  let manager;
  for (const candidate of managers) {
    if (await hasProgram(candidate.program)) {
      manager = candidate;
      break;
    }
  }
  if (!manager) throw new Error(`${why}, and no known package manager was found; install ${names.default.join(' ')} yourself and try again.`);
  const install = [...manager.install, ...(names[manager.program] ?? names.default)];
  if (!isRoot()) throw new Error(`${why}; run \`sudo ${install.join(' ')}\` and try again.`);
  say(step, `\`${install.join(' ')}\`, because ${why}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (manager.refresh) await mustRun(manager.refresh[0], manager.refresh.slice(1), { env });
  await mustRun(install[0], install.slice(1), { env });
}
