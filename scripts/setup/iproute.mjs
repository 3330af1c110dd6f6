import { hasProgram, isRoot } from '../run.mjs';
import { installSystemPackages } from './systemPackages.mjs';

/** Installs the `ip` program when this is root on Linux, for the tests that run in an empty network namespace. */
export async function ensureIproute() {
  if (process.platform !== 'linux' || !isRoot() || (await hasProgram('ip'))) return;
  await installSystemPackages({
    step: 'iproute',
    why: 'some tests run in an empty network namespace and `ip` is not installed',
    names: { default: ['iproute2'], dnf: ['iproute'] },
  });
}
