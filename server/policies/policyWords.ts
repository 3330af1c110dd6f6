import type { Policy } from './policy.ts';
import { isWithin, workspaceAccess, workspacePath } from './workspace.ts';

/** Roots of the system: every program needs them to run, so they are not what a person means by "reads". */
const unmentionedRoots = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/opt', '/nix/store', '/gnu/store', '/proc', '/dev', '/sys', '/app', '/var/log', '/tmp', '/run'];

/** A policy in plain words, from its rules and not from its name: `Reads workspace, writes in workspace only, no network`. */
export function policyWords(policy: Policy): string {
  return `Reads ${readWords(policy)}, writes ${writeWords(policy)}, ${networkWords(policy)}`;
}

function readWords(policy: Policy): string {
  const { readOnly, readWrite } = policy.filesystem;
  if (readOnly.includes('/')) return 'everything';
  const own = [...readOnly, ...readWrite].filter(isOwn);
  const parts = workspaceAccess(policy) === 'none' ? own : ['workspace', ...own];
  return listWords([...new Set(parts.map((path) => (path === '/home' || path === '/root' ? 'home' : path)))]) || 'nothing';
}

function writeWords(policy: Policy): string {
  const own = policy.filesystem.readWrite.filter(isOwn);
  const parts = workspaceAccess(policy) === 'write' ? ['workspace', ...own] : own;
  return parts.length === 0 ? 'nothing' : `in ${listWords(parts)} only`;
}

function networkWords(policy: Policy): string {
  const hosts = policy.networkHosts;
  if (hosts.some((host) => host === '0.0.0.0/0' || host === '::/0')) return 'any network';
  if (policy.networkRules.length === 0) return 'no network';
  return hosts.length === 1 ? 'reaches 1 host' : `reaches ${hosts.length} hosts`;
}

/** Neither the system nor the workspace: a path that a person gave. */
function isOwn(path: string): boolean {
  return !isWithin(path, workspacePath) && !unmentionedRoots.some((root) => isWithin(path, root));
}

function listWords(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}
