import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BubblewrapEngine, type BubblewrapOptions } from '../../../../server/sandboxes/bubblewrap/engine.ts';
import type { HostFacts } from '../../../../server/sandboxes/bubblewrap/hostErrors.ts';
import { defaultLimits } from '../../../../server/sandboxes/limits.ts';
import { createMemoryLog } from '../../../support/memoryLog.ts';

const facts: HostFacts = { platform: 'linux', distribution: 'debian', kernel: 'Linux version 6.1', appArmorRestricts: undefined, maxUserNamespaces: undefined, unprivilegedClone: undefined, isContainer: false };
const options = ['--args', '--clearenv', '--perms', '--size', '--disable-userns', '--json-status-fd', '--ro-bind-data', '--seccomp', '--die-with-parent'];
let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-host-'));
  fs.chmodSync(folder, 0o755);
  fs.writeFileSync(path.join(folder, 'worker.js'), '');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A program that answers `--version` and `--help` as bubblewrap does, and fails to make a sandbox with this text. */
function fakeBwrap(stderr: string, known = options): string {
  const file = path.join(folder, 'bwrap');
  const help = known.map((option) => `    ${option} X`).join('\n');
  fs.writeFileSync(file, `#!/bin/sh\ncase "$1" in --version) echo "bubblewrap 0.8.0";; --help) cat <<'E'\n${help}\nE\n;; *) cat <<'E' >&2\n${stderr}\nE\nexit 1;; esac\n`, { mode: 0o755 });
  return file;
}

function engineOptions(bwrapPath: string, more: Partial<HostFacts> = {}): BubblewrapOptions {
  return {
    stateDir: folder,
    systemRoot: path.join(folder, 'system'),
    nodePath: process.execPath,
    workerPath: path.join(folder, 'worker.js'),
    limits: defaultLimits,
    log: createMemoryLog().of('sandbox'),
    bwrapPath,
    cgroups: null,
    facts: { ...facts, ...more },
  };
}

const probe = (bwrapPath: string, more: Partial<HostFacts> = {}): Promise<unknown> => new BubblewrapEngine(engineOptions(bwrapPath, more)).probe();

const expectRefusal = async (probing: Promise<unknown>, reason: string, hint: string): Promise<void> =>
  await expect(probing).rejects.toMatchObject({ class: 'sandbox_unsupported', reason, hint: expect.stringContaining(hint) });

describe('a host that cannot run the engine is told apart by what bubblewrap says', () => {
  it.each([
    ['bwrap: setting up uid map: Permission denied', { appArmorRestricts: '1' }, 'apparmor', 'bwrap-userns-restrict'],
    ['bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted', { appArmorRestricts: '1' }, 'apparmor', 'apparmor_parser -r'],
    ['bwrap: Creating new namespace failed: No space left on device', {}, 'userns_limit', 'user.max_user_namespaces=15000'],
    ['bwrap: No permissions to creating new namespace', { maxUserNamespaces: '0' }, 'userns_limit', 'sysctl --system'],
    ['bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.', { unprivilegedClone: '0' }, 'userns_clone', 'kernel.unprivileged_userns_clone=1'],
    ['bwrap: No permissions to create new namespace', { isContainer: true }, 'container', '--security-opt seccomp=unconfined'],
    ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", {}, 'proc_mount', 'systempaths=unconfined'],
    ['bwrap: setting up uid map: Permission denied', {}, 'namespaces_forbidden', 'allow unprivileged user namespaces'],
    ['bwrap: execvp /usr/bin/prlimit: No such file or directory', {}, 'prlimit_missing', 'apt-get install -y util-linux'],
    ['bwrap: --userns is not supported in setuid mode', {}, 'setuid_bubblewrap', 'chmod u-s'],
    ['bwrap: something that nobody has seen', {}, 'probe_failed', 'bwrap --version'],
  ])('%s %j', async (stderr, more, reason, hint) => {
    await expectRefusal(probe(fakeBwrap(stderr), more), reason, hint);
  });

  it('keeps what bubblewrap said in the details', async () => {
    await expect(probe(fakeBwrap('bwrap: something that nobody has seen'))).rejects.toMatchObject({ details: { stderr: 'bwrap: something that nobody has seen' } });
  });
});

describe('a host without a fitting bubblewrap', () => {
  it.each([
    ['debian', 'sudo apt-get install -y bubblewrap'],
    ['fedora', 'sudo dnf install -y bubblewrap'],
    ['arch', 'sudo pacman -S --noconfirm bubblewrap'],
    ['opensuse-leap suse', 'sudo zypper install -y bubblewrap'],
    ['alpine', 'sudo apk add bubblewrap'],
    ['unheard-of', 'package tool of this system'],
  ])('names the command of %s', async (distribution, command) => {
    await expectRefusal(probe(path.join(folder, 'absent'), { distribution }), 'bubblewrap_missing', command);
  });

  it('says what a version that is too old does not know', async () => {
    await expect(probe(fakeBwrap('', options.filter((option) => option !== '--size')))).rejects.toMatchObject({ class: 'sandbox_unsupported', reason: 'bubblewrap_too_old', message: expect.stringContaining('--size') });
  });
});

describe('another system', () => {
  it.each([
    ['darwin', {}, 'platform', 'Remote - SSH'],
    ['win32', {}, 'platform', 'WSL'],
    ['freebsd', {}, 'platform', 'Linux machine'],
    ['linux', { kernel: 'Linux version 4.4.0-19041-Microsoft' }, 'wsl1', 'wsl --set-version'],
  ] as const)('%s %j', async (platform, more, reason, hint) => {
    await expectRefusal(probe(fakeBwrap(''), { platform, ...more }), reason, hint);
  });
});

it('says that there is no Node for workers', async () => {
  const engine = new BubblewrapEngine({ ...engineOptions(fakeBwrap('')), nodePath: undefined });
  await expectRefusal(engine.probe(), 'no_node', 'Install Node');
});

it('says that the worker is not where it should be', async () => {
  fs.rmSync(path.join(folder, 'worker.js'));
  await expect(probe(fakeBwrap(''))).rejects.toMatchObject({ class: 'sandbox_unavailable', reason: 'runtime_missing' });
});

it('makes nothing below a folder that somebody else has put in place', async () => {
  if (process.getuid?.() !== 0) return;
  fs.mkdirSync(path.join(folder, 'system'));
  fs.chownSync(path.join(folder, 'system'), 61_234, 61_234);
  await expect(probe(fakeBwrap(''))).rejects.toMatchObject({ class: 'sandbox_unavailable', reason: 'not_ours' });
});
