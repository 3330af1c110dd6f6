import type { Policy } from './policy.ts';
import { workspaceAccess, workspacePath } from './policyWords.ts';

/** One thing that a policy gives or refuses, with the line of the file that says so. */
export interface PolicyLine {
  readonly kind: 'read' | 'write' | 'reach' | 'denied';
  readonly what: string;
  /** `workspace-only.yaml:14`; the bare file name when no single line says it. */
  readonly source: string;
}

/** What a policy gives, line by line, and last what it refuses. */
export function explainPolicy(policy: Policy): readonly PolicyLine[] {
  const source = (needle: string): string => sourceOf(policy, needle);
  const access = workspaceAccess(policy);
  const workdir: PolicyLine[] =
    policy.filesystem.includeWorkdir && access === 'write' ? [{ kind: 'write', what: workspacePath, source: source('include_workdir') }] : [];
  return [
    ...workdir,
    ...policy.filesystem.readWrite.map((path): PolicyLine => ({ kind: 'write', what: path, source: source(path) })),
    ...policy.filesystem.readOnly.map((path): PolicyLine => ({ kind: 'read', what: path, source: source(path) })),
    { kind: 'reach', what: 'its model, through inference.local', source: `${policy.name}.yaml` },
    ...policy.networkHosts.map((host): PolicyLine => ({ kind: 'reach', what: host, source: source(host) })),
    { kind: 'denied', what: 'Everything else is blocked', source: `${policy.name}.yaml` },
  ];
}

function sourceOf(policy: Policy, needle: string): string {
  const index = policy.text.split('\n').findIndex((line) => names(line.replace(/(^|\s)#.*/, ''), needle));
  return index === -1 ? `${policy.name}.yaml` : `${policy.name}.yaml:${index + 1}`;
}

/** Whether a line holds the needle as a whole value, and not as a part of a longer one. */
function names(line: string, needle: string): boolean {
  const start = line.indexOf(needle);
  if (start === -1) return false;
  const isPart = /[\w./*]/;
  const after = line.slice(start + needle.length).replace(/^\/(?!\w)/, '');
  return !isPart.test(line.charAt(start - 1)) && !/^[\w./*-]/.test(after);
}
