import type { Policy } from './policy.ts';

/** The agent's home and workspace inside every sandbox. */
export const workspacePath = '/sandbox';

/** Whether `path` is `root` or below it. */
export function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

/** What a policy gives of the workspace. */
export function workspaceAccess(policy: Policy): 'write' | 'read' | 'none' {
  const covers = (paths: readonly string[]): boolean => paths.some((path) => isWithin(workspacePath, path));
  if (policy.filesystem.includeWorkdir || covers(policy.filesystem.readWrite)) return 'write';
  return covers(policy.filesystem.readOnly) ? 'read' : 'none';
}
