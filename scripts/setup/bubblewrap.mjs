import { hasProgram, run } from '../run.mjs';
import { installSystemPackages } from './systemPackages.mjs';

/** A sandbox as small as possible, which needs user namespaces as the real ones do. */
const probe = ['--unshare-all', '--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64', '/usr/bin/true'];

/** Installs bubblewrap when it is missing, and proves that it can make a sandbox here. Linux only: elsewhere it does nothing. */
export async function ensureBubblewrap() {
  if (process.platform !== 'linux') return;
  if (!(await hasProgram('bwrap'))) {
    await installSystemPackages({
      step: 'bubblewrap',
      why: 'agents run in bubblewrap sandboxes and `bwrap` is not installed',
      names: { default: ['bubblewrap'] },
    });
  }
  const { code, output } = await run('bwrap', probe);
  if (code !== 0) {
    throw new Error(
      `bubblewrap cannot make a sandbox here (${output.trim()}); allow user namespaces, ` +
        'for instance with `sudo sysctl -w kernel.unprivileged_userns_clone=1`, or on Ubuntu with an AppArmor profile for bwrap.',
    );
  }
}
