import fs from 'node:fs';
import { AppError } from '../../base/appError.ts';

/** What is known of this host when bubblewrap does not work on it. */
export interface HostFacts {
  readonly platform: NodeJS.Platform;
  /** `ID` and `ID_LIKE` of /etc/os-release, in small letters. */
  readonly distribution: string;
  /** Text of /proc/version. */
  readonly kernel: string;
  /** Values of the settings that restrict user namespaces; undefined where the setting does not exist, which means no restriction. */
  readonly appArmorRestricts: string | undefined;
  readonly maxUserNamespaces: string | undefined;
  readonly unprivilegedClone: string | undefined;
  readonly isContainer: boolean;
}

/** Reads the facts; never throws. */
export function readHostFacts(): HostFacts {
  const read = (file: string): string | undefined => {
    try {
      return fs.readFileSync(file, 'utf8').trim();
    } catch {
      return undefined;
    }
  };
  const release = read('/etc/os-release') ?? '';
  return {
    platform: process.platform,
    distribution: [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)/gm)].map((match) => match[1]).join(' ').toLowerCase(),
    kernel: read('/proc/version') ?? '',
    appArmorRestricts: read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    maxUserNamespaces: read('/proc/sys/user/max_user_namespaces'),
    unprivilegedClone: read('/proc/sys/kernel/unprivileged_userns_clone'),
    isContainer: fs.existsSync('/.dockerenv') || fs.existsSync('/run/.containerenv'),
  };
}

const installers: readonly (readonly [id: RegExp, command: string])[] = [
  [/debian|ubuntu|mint/, 'sudo apt-get install -y'],
  [/fedora|rhel|centos/, 'sudo dnf install -y'],
  [/arch|manjaro/, 'sudo pacman -S --noconfirm'],
  [/suse/, 'sudo zypper install -y'],
  [/alpine/, 'sudo apk add'],
];

function installCommand(facts: HostFacts, program: string): string {
  const [, command] = installers.find(([id]) => id.test(facts.distribution)) ?? [undefined, undefined];
  return command === undefined ? `Install ${program} with the package tool of this system.` : `Run: ${command} ${program}`;
}

/** A host that cannot run the engine: what is missing, and what mends it. */
export function unsupported(reason: string, message: string, hint: string, details?: Readonly<Record<string, unknown>>): AppError {
  return new AppError('sandbox_unsupported', message, { reason, hint, ...(details === undefined ? {} : { details }) });
}

/** The error for a system that is not Linux, or undefined. */
export function platformError(facts: HostFacts): AppError | undefined {
  if (facts.platform === 'darwin') {
    return unsupported('platform', 'The embedded sandbox engine needs Linux; this is macOS.', 'Open the folder in a Linux machine: Remote - SSH, a dev container or a virtual machine, and install Logos there.');
  }
  if (facts.platform === 'win32') {
    return unsupported('platform', 'The embedded sandbox engine needs Linux; this is Windows.', 'Install WSL 2 (run: wsl --install), then open the folder with WSL: Connect to WSL, and install Logos there.');
  }
  if (facts.platform !== 'linux') return unsupported('platform', `The embedded sandbox engine needs Linux; this is ${facts.platform}.`, 'Use a Linux machine through Remote - SSH.');
  if (/microsoft/i.test(facts.kernel) && !/wsl2/i.test(facts.kernel)) {
    return unsupported('wsl1', 'The embedded sandbox engine needs WSL 2; this is WSL 1.', 'Run in Windows: wsl --set-version <distribution> 2');
  }
  return undefined;
}

/** The error when there is no bubblewrap. */
export function missingError(facts: HostFacts): AppError {
  return unsupported('bubblewrap_missing', 'bubblewrap is not installed, and agents run only in its sandbox.', installCommand(facts, 'bubblewrap'));
}

/** The error when it is there and cannot do what is needed. */
export function tooOldError(facts: HostFacts, version: string, missing: readonly string[]): AppError {
  return unsupported(
    'bubblewrap_too_old',
    `${version} is too old: it does not know ${missing.join(', ')}.`,
    `Version 0.8 or newer is needed. ${installCommand(facts, 'bubblewrap')} (from a newer release of the system, if this one has only the old).`,
  );
}

interface Symptom {
  readonly reason: string;
  readonly matches: (stderr: string, facts: HostFacts) => boolean;
  readonly message: string;
  readonly hint: (facts: HostFacts) => string;
}

const loosenContainer = 'Run the gateway outside the container, or start the container with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';

/** In this order, because one text can fit several and the first is the most exact. */
const symptoms: readonly Symptom[] = [
  {
    reason: 'apparmor',
    matches: (stderr, facts) => facts.appArmorRestricts === '1' && /setting up uid map|RTM_NEWADDR|No permissions to creat|Operation not permitted|Permission denied/i.test(stderr),
    message: 'AppArmor of this system forbids bubblewrap to make user namespaces.',
    hint: () =>
      'Enable the profile of the distribution: sudo apt-get install -y apparmor-profiles && sudo cp /usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict',
  },
  {
    reason: 'userns_limit',
    matches: (stderr, facts) => facts.maxUserNamespaces === '0' || /max_user_namespaces|No space left on device/i.test(stderr),
    message: 'This system allows no user namespaces (user.max_user_namespaces is 0 or used up).',
    hint: () => 'Run: echo user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/50-user-namespaces.conf && sudo sysctl --system',
  },
  {
    reason: 'userns_clone',
    matches: (_stderr, facts) => facts.unprivilegedClone === '0',
    message: 'This system lets only root make user namespaces (kernel.unprivileged_userns_clone is 0).',
    hint: () => 'Run: echo kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/50-user-namespaces.conf && sudo sysctl --system',
  },
  {
    reason: 'container',
    matches: (stderr, facts) => facts.isContainer && /namespace|Operation not permitted|Permission denied|mount proc|uid map/i.test(stderr),
    message: 'The container that the gateway runs in forbids bubblewrap to make namespaces.',
    hint: () => loosenContainer,
  },
  {
    reason: 'proc_mount',
    matches: (stderr) => /Can.t mount proc/i.test(stderr),
    message: 'bubblewrap may not mount a /proc of its own here, as in a container that masks parts of /proc.',
    hint: () => loosenContainer,
  },
  {
    reason: 'namespaces_forbidden',
    matches: (stderr) => /No permissions to creat\w* new namespace|Creating new namespace failed|setting up uid map|RTM_NEWADDR/i.test(stderr),
    message: 'This system forbids bubblewrap to make namespaces.',
    hint: () => 'Run as root: sysctl -a 2>/dev/null | grep userns, and allow unprivileged user namespaces; or run the gateway on another machine through Remote - SSH.',
  },
  {
    reason: 'prlimit_missing',
    matches: (stderr) => /execvp \/usr\/bin\/prlimit/i.test(stderr),
    message: 'The program /usr/bin/prlimit is not installed, and without it the limits of a task cannot be set.',
    hint: (facts) => installCommand(facts, 'util-linux'),
  },
  {
    reason: 'setuid_bubblewrap',
    matches: (stderr) => /setuid/i.test(stderr),
    message: 'bubblewrap is installed setuid root here, which the sandbox does not work with.',
    hint: () => 'Run: sudo chmod u-s "$(command -v bwrap)"',
  },
];

/** The error for a probe that failed, from what it wrote to stderr. */
export function probeError(stderr: string, facts: HostFacts): AppError {
  const found = symptoms.find((symptom) => symptom.matches(stderr, facts));
  const said = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 500);
  if (found !== undefined) return unsupported(found.reason, found.message, found.hint(facts), { stderr: said });
  return unsupported('probe_failed', `A first program did not start in the sandbox: ${said || 'it wrote nothing'}.`, 'Run bwrap --version and the same program by hand, and send the log with your report.', { stderr: said });
}
