import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import type { Policy } from '../../policies/policy.ts';
import { isWithin, workspaceAccess, workspacePath } from '../../policies/workspace.ts';
import { isShownOfEtc, listShownOfEtc } from './etcEntries.ts';

/** One thing that appears inside because the policy names it. */
export type Mount =
  | { readonly kind: 'read_only'; readonly source: string; readonly target: string }
  | { readonly kind: 'link'; readonly source: string; readonly target: string };

/** What a policy means on this host, under this engine. */
export interface PolicyMounts {
  readonly mounts: readonly Mount[];
  /** Entries of /etc that are shown, as absolute paths. */
  readonly etc: readonly string[];
  readonly workspace: 'write' | 'read' | 'none';
  readonly scratch: 'write' | 'read' | 'none';
  readonly hasProc: boolean;
  /** Files of /proc that are hidden: those that not root alone could read. */
  readonly hiddenInProc: readonly string[];
  readonly uid: number;
  readonly gid: number;
}

/** The id inside of `run_as_user: sandbox`. */
const sandboxId = 1000;
/** Parts of the system that may be shown, read-only. */
const systemRoots = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix/store', '/gnu/store'];
/** What the engine's own /dev has. */
const devices = ['/dev', '/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty', '/dev/shm', '/dev/pts'];
/** Files of /proc that are the same in every sandbox and tell of the machine: names of its keys, its start, its locks, its devices' pulse. */
const machineFiles = [
  ...['keys', 'key-users', 'cmdline', 'kallsyms', 'kcore', 'modules', 'locks', 'interrupts', 'iomem', 'ioports'],
  ...['timer_list', 'timer_stats', 'sched_debug', 'latency_stats', 'slabinfo', 'vmallocinfo'],
];
/** Without these no program starts, the worker neither. */
const neededByWorker = ['/usr', '/lib', '/lib64'];

/**
 * Reads a policy as this engine enforces it. Throws `policy_unenforceable`, naming the rule, for everything that it
 * cannot enforce in full; a `read_only` path that does not exist on this host is left out, as `best_effort` says. No mount
 * shows one of the `hidden` folders, which are the gateway's own and given as real paths.
 */
export function readPolicyMounts(policy: Policy, hidden: readonly string[] = []): PolicyMounts {
  refuseForeignRules(policy);
  const { readOnly, readWrite } = policy.filesystem;
  for (const rule of readWrite) {
    if (rule !== workspacePath && rule !== '/tmp' && !devices.includes(rule)) {
      throw unenforceable(policy, `filesystem_policy.read_write: ${rule}`, `it lets nothing of this machine be written but ${workspacePath} and /tmp`);
    }
  }
  const mounts = readOnly.flatMap((rule) => mountsOf(policy, rule));
  const etc = readOnly.flatMap((rule) => (isWithin(rule, '/etc') ? etcOf(policy, rule) : []));
  for (const { source, target } of [...mounts, ...etc.map((entry) => ({ source: entry, target: entry }))]) {
    const shown = hidden.find((folder) => isWithin(folder, source) || isWithin(source, folder));
    if (shown !== undefined) throw unenforceable(policy, `filesystem_policy.read_only: ${target}`, `the state of the gateway lies in ${shown}, which it would show`);
  }
  for (const need of neededByWorker) {
    if (fs.existsSync(need) && !readOnly.some((rule) => isWithin(need, rule))) {
      throw unenforceable(policy, `filesystem_policy.read_only without ${need}`, `the worker itself needs ${need} to start`);
    }
  }
  const scratchRule = (paths: readonly string[]): boolean => paths.includes('/tmp');
  return {
    mounts: withoutCovered(mounts),
    etc: [...new Set(etc)].sort(),
    workspace: workspaceAccess(policy),
    scratch: scratchRule(readWrite) ? 'write' : scratchRule(readOnly) ? 'read' : 'none',
    hasProc: readOnly.includes('/proc'),
    hiddenInProc: readOnly.includes('/proc') ? machineFiles.map((name) => `/proc/${name}`).filter(isReadByAll) : [],
    uid: idInside(policy.runAsUser),
    gid: idInside(policy.runAsGroup),
  };
}

function refuseForeignRules(policy: Policy): void {
  const [rule] = policy.networkRules;
  if (rule !== undefined) throw unenforceable(policy, `network_policies.${rule}`, 'it gives no network at all');
  const [middleware] = policy.networkMiddlewares;
  if (middleware !== undefined) throw unenforceable(policy, `network_middlewares.${middleware}`, 'it gives no network at all');
  if (policy.landlock === 'hard_requirement') throw unenforceable(policy, 'landlock.compatibility: hard_requirement', 'it uses mounts and not Landlock');
}

function mountsOf(policy: Policy, rule: string): Mount[] {
  if (rule === workspacePath || rule === '/tmp' || rule === '/proc' || devices.includes(rule) || isWithin(rule, '/etc')) return [];
  if (!fs.existsSync(rule)) return [];
  const target = fs.realpathSync(rule);
  const isSystem = (place: string): boolean => systemRoots.some((root) => isWithin(place, root));
  if (!isSystem(rule) || !isSystem(target)) {
    throw unenforceable(policy, `filesystem_policy.read_only: ${rule}`, `of this machine it shows only ${systemRoots.slice(0, 7).join(', ')}, /opt and /etc`);
  }
  const isRootLink = path.dirname(rule) === '/' && fs.lstatSync(rule).isSymbolicLink();
  if (!isRootLink) return [{ kind: 'read_only', source: target, target: rule }];
  const isTargetShown = policy.filesystem.readOnly.some((other) => other !== rule && isWithin(target, other));
  return isTargetShown ? [{ kind: 'link', source: fs.readlinkSync(rule), target: rule }] : [{ kind: 'read_only', source: target, target: rule }];
}

function etcOf(policy: Policy, rule: string): string[] {
  if (isShownOfEtc(rule)) return listShownOfEtc(rule);
  throw unenforceable(policy, `filesystem_policy.read_only: ${rule}`, 'of /etc it shows only what programs need, and nothing that tells of this machine and its people');
}

/** Leaves out what lies within another mount, which bubblewrap could not place in a read-only folder. */
function withoutCovered(mounts: readonly Mount[]): Mount[] {
  const unique = mounts.filter((mount, index) => mounts.findIndex((other) => other.target === mount.target) === index);
  return unique.filter((mount) => !unique.some((other) => other.target !== mount.target && isWithin(mount.target, other.target)));
}

function isReadByAll(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat !== undefined && (stat.mode & 0o004) !== 0;
}

/** `sandbox` and nothing said are the engine's own id; a number is that id inside, and never root outside. */
const idInside = (rule: string | undefined): number => (rule === undefined || rule === 'sandbox' ? sandboxId : Number(rule));

function unenforceable(policy: Policy, rule: string, because: string): AppError {
  return new AppError('policy_unenforceable', `The embedded engine cannot enforce ${rule} of the policy ${policy.name}: ${because}.`, {
    reason: rule,
    hint: `Take the rule out of ${policy.name}.yaml, or choose another policy for the agent.`,
    details: { rule, policy: policy.name },
  });
}
