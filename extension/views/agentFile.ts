import fs from 'node:fs/promises';
import path from 'node:path';

/**
 * Where on this machine a file lies that an agent names: a path relative to its workspace, or one as the sandbox sees it, below `inside`.
 * Links are followed. Undefined when there is no such file, or when it lies outside of the workspace: an answer is hostile text.
 */
export async function findAgentFile({ home, inside }: { readonly home: string; readonly inside: string }, named: string): Promise<string | undefined> {
  const relative = path.posix.isAbsolute(named) ? path.posix.relative(inside, named) : named;
  try {
    const root = await fs.realpath(home);
    const file = await fs.realpath(path.resolve(root, relative));
    const isInside = file.startsWith(root + path.sep);
    return isInside && (await fs.stat(file)).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
