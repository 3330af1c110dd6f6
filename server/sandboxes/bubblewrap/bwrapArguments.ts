import { workspacePath } from '../../policies/workspace.ts';
import type { SandboxLimits } from '../limits.ts';
import { hostName } from './etcFolder.ts';
import type { PolicyMounts } from './policyMounts.ts';

/** The socket of a task's model, inside. */
export const inferenceSocketPath = '/run/logos/inference.sock';

/** Beside the socket: no policy can show anything at `/run`, so nothing of the machine lies over them or under them. */
const nodeInside = '/run/logos/node';
const workerInside = '/run/logos/worker.js';
const mebibyte = 1_048_576;
/** Sizes of the folders of a sandbox that lie in memory. */
export const scratchBytes = 256 * mebibyte;
export const sharedMemoryBytes = 64 * mebibyte;

/** Descriptors on which bubblewrap reads and writes. */
export interface BwrapDescriptors {
  readonly args: number;
  readonly seccomp: number;
  readonly status: number;
}

/** Descriptors in the order in which they follow stderr. */
export const descriptors: BwrapDescriptors = { args: 3, seccomp: 4, status: 5 };

/** What decides how a sandbox looks inside. */
export interface SandboxLayout {
  readonly policy: PolicyMounts;
  /** The folder that it has as /etc. */
  readonly etcPath: string;
  readonly homePath: string;
  readonly nodePath: string;
  readonly workerPath: string;
  readonly limits: SandboxLimits;
}

/** Everything but the program: namespaces, environment, the view of the files. `socketHostPath` is of this task alone. */
export function sandboxArguments(layout: SandboxLayout, socketHostPath: string | undefined): string[] {
  return [...isolation(layout), ...environment(layout), ...system(layout), ...own(layout, socketHostPath), '--remount-ro', '/', '--chdir', workspacePath];
}

/**
 * The worker with its limits; `prlimit` is the first program because a limit of processes counts right only inside. More threads of the
 * collector would be woken in every worker for the little garbage that a stream leaves.
 */
export function workerCommand(limits: SandboxLimits): string[] {
  const heapMebibytes = Math.max(64, Math.floor((limits.memoryBytes / mebibyte) * 0.75));
  return limitedCommand(limits, [nodeInside, `--max-old-space-size=${heapMebibytes}`, '--single-threaded-gc', workerInside]);
}

/** A program that shows that all of it works: Node itself, saying its version. */
export function probeCommand(limits: SandboxLimits): string[] {
  return limitedCommand(limits, [nodeInside, '--version']);
}

/** Node, which reads the program that attacks the sandbox from its stdin. */
export function selfTestCommand(limits: SandboxLimits): string[] {
  return limitedCommand(limits, [nodeInside, '-']);
}

function limitedCommand(limits: SandboxLimits, command: readonly string[]): string[] {
  return [
    '--',
    '/usr/bin/prlimit',
    `--nproc=${limits.processes}`,
    `--nofile=${limits.openFiles}`,
    `--fsize=${limits.fileBytes}`,
    '--core=0',
    // What was made nice stays nice.
    '--nice=0',
    '--memlock=65536',
    // Kernel memory that belongs to no process: queues of messages, and signals that wait.
    '--msgqueue=0',
    '--sigpending=1024',
    '--',
    ...command,
  ];
}

function isolation({ policy }: SandboxLayout): string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--hostname', hostName, '--uid', String(policy.uid), '--gid', String(policy.gid), '--cap-drop', 'ALL'],
    ...['--seccomp', String(descriptors.seccomp), '--json-status-fd', String(descriptors.status)],
  ];
}

function environment({ policy }: SandboxLayout): string[] {
  const variables: Readonly<Record<string, string>> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: workspacePath,
    USER: 'sandbox',
    LOGNAME: 'sandbox',
    SHELL: '/bin/sh',
    LANG: 'C.UTF-8',
    ...(policy.scratch === 'write' ? { TMPDIR: '/tmp' } : {}),
  };
  return ['--clearenv', ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value])];
}

function system({ policy, etcPath }: SandboxLayout): string[] {
  return [
    ...policy.mounts.flatMap((mount) => [mount.kind === 'link' ? '--symlink' : '--ro-bind', mount.source, mount.target]),
    ...['--ro-bind', etcPath, '/etc'],
    ...(policy.hasProc ? processes(policy.hiddenInProc) : []),
    ...['--dev', '/dev', '--perms', '1777', '--size', String(sharedMemoryBytes), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...scratch(policy.scratch),
  ];
}

/** Read-only as a whole: a task that writes its oom_score_adj would no longer be the first to go when memory runs out. */
function processes(hidden: readonly string[]): string[] {
  // A device on a mount for no devices can be opened by nobody.
  const covers = hidden.flatMap((file) => ['--ro-bind', '/dev/null', file]);
  return ['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys', ...covers, '--remount-ro', '/proc'];
}

function scratch(access: PolicyMounts['scratch']): string[] {
  if (access === 'none') return [];
  const made = ['--perms', '1777', '--size', String(scratchBytes), '--tmpfs', '/tmp'];
  return access === 'write' ? made : [...made, '--remount-ro', '/tmp'];
}

function own(layout: SandboxLayout, socketHostPath: string | undefined): string[] {
  const { workspace } = layout.policy;
  const home = workspace === 'none' ? ['--dir', workspacePath] : [workspace === 'write' ? '--bind' : '--ro-bind', layout.homePath, workspacePath];
  return [
    ...home,
    ...['--ro-bind', layout.nodePath, nodeInside, '--ro-bind', layout.workerPath, workerInside],
    ...(socketHostPath === undefined ? [] : ['--ro-bind', socketHostPath, inferenceSocketPath]),
  ];
}
