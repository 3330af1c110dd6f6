import fs from 'node:fs/promises';
import path from 'node:path';
import { ToolFailure, type ToolContext } from './tool.ts';

/** The absolute path that a tool was given; `~/` and relative paths start at the workspace. The sandbox decides what may be touched. */
export function resolvePath({ workspacePath }: Pick<ToolContext, 'workspacePath'>, given: string): string {
  if (given.trim() === '') throw new ToolFailure('The path is empty; give one relative to the workspace.');
  if (given.includes('\0')) throw new ToolFailure('The path holds a zero character.');
  return path.resolve(workspacePath, given === '~' ? '.' : given.startsWith('~/') ? given.slice(2) : given);
}

/** The real path of something that must be inside the workspace, symbolic links followed. */
export async function resolveInside(context: Pick<ToolContext, 'workspacePath'>, given: string): Promise<string> {
  const root = await fs.realpath(context.workspacePath);
  const real = await fs.realpath(resolvePath(context, given)).catch((error: unknown) => {
    throw fileFailure(error, given);
  });
  if (real !== root && !real.startsWith(root + path.sep)) throw new ToolFailure(`${given} is outside of the workspace, which is ${context.workspacePath}.`);
  return real;
}

/** A system's error about a file as a sentence for the model. */
export function fileFailure(error: unknown, given: string): ToolFailure {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  return new ToolFailure(sentences[code]?.(given) ?? `${given}: ${error instanceof Error ? error.message : String(error)}`);
}

const sentences: Readonly<Record<string, (given: string) => string>> = {
  ENOENT: (given) => `${given} does not exist.`,
  ENOTDIR: (given) => `A part of ${given} is a file, not a folder.`,
  EEXIST: (given) => `A part of ${given} is a file, not a folder.`,
  EISDIR: (given) => `${given} is a folder, not a file.`,
  EACCES: (given) => `The sandbox does not allow access to ${given}.`,
  EPERM: (given) => `The sandbox does not allow that for ${given}.`,
  EROFS: (given) => `${given} is read-only in this sandbox; write below the workspace.`,
  ENOSPC: () => 'The disk is full. Delete what is not needed, and make the call again.',
  EDQUOT: () => 'The disk is full. Delete what is not needed, and make the call again.',
  EFBIG: () => 'The file would be larger than this sandbox allows.',
  ELOOP: (given) => `${given} is a loop of symbolic links.`,
  ENAMETOOLONG: () => 'The path is too long.',
  EMFILE: () => 'Too many files are open in this sandbox.',
};
