import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import type { Policy } from '../../policies/policy.ts';
import { isWithin, workspaceAccess, workspacePath } from '../../policies/workspace.ts';

/** One thing that appears inside because the policy names it. */
export type Mount =
  | { readonly kind: 'read_only'; readonly source: string; readonly target: string }
  | { readonly kind: 'link'; readonly source: string; readonly target: string };

/** What a policy means on this host, under this engine. */
export interface PolicyMounts {
  readonly mounts: readonly Mount[];
  readonly workspace: 'write' | 'read' | 'none';
  readonly scratch: 'write' | 'read' | 'none';
  readonly hasProc: boolean;
  readonly uid: number;
  readonly gid: number;
}

/** The id inside of `run_as_user: sandbox`. */
const sandboxId = 1000;
/** Parts of the system that may be shown, read-only. */
const systemRoots = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt', '/nix/store', '/gnu/store'];
/** Of /etc only what programs need to start, and nothing that tells of this machine, its people or its network. */
const etcEntries = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/ca-certificates/extracted',
  '/etc/localtime',
  '/etc/mime.types',
];
/** What the engine's own /dev has. */
const devices = ['/dev', '/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty', '/dev/shm', '/dev/pts'];
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
  for (const { source, target } of mounts) {
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
    workspace: workspaceAccess(policy),
    scratch: scratchRule(readWrite) ? 'write' : scratchRule(readOnly) ? 'read' : 'none',
    hasProc: readOnly.includes('/proc'),
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
  if (rule === workspacePath || rule === '/tmp' || rule === '/proc' || devices.includes(rule)) return [];
  if (isWithin(rule, '/etc')) return etcMounts(policy, rule);
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

function etcMounts(policy: Policy, rule: string): Mount[] {
  const shown = etcEntries.filter((entry) => isWithin(entry, rule));
  const [whole] = etcEntries.filter((entry) => isWithin(rule, entry));
  if (shown.length === 0 && whole === undefined) {
    throw unenforceable(policy, `filesystem_policy.read_only: ${rule}`, `of /etc it shows only ${etcEntries.join(', ')}`);
  }
  return (shown.length > 0 ? shown : [rule]).filter((entry) => fs.existsSync(entry)).map((entry) => ({ kind: 'read_only', source: entry, target: entry }));
}

/** Leaves out what lies within another mount, which bubblewrap could not place in a read-only folder. */
function withoutCovered(mounts: readonly Mount[]): Mount[] {
  const unique = mounts.filter((mount, index) => mounts.findIndex((other) => other.target === mount.target) === index);
  return unique.filter((mount) => !unique.some((other) => other.target !== mount.target && isWithin(mount.target, other.target)));
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
