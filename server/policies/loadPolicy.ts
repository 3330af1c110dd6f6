import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../base/appError.ts';
import { Slug } from '../protocol/shapes.ts';
import { maxPolicyBytes, parsePolicy, policyInvalid } from './parsePolicy.ts';
import type { Policy } from './policy.ts';

/** Gives policies by name from the files of some folders. */
export interface PolicyLoader {
  /** Reads the file anew. Throws `policy_invalid` when it is missing, unreadable or not a policy; nothing is allowed then. */
  load(name: string): Promise<Policy>;
}

/** Reads `<name>.yaml` from the first of `folders` that has it, so a person's own policy wins over a shipped one of that name. */
export function createPolicyLoader(folders: readonly string[]): PolicyLoader {
  /** What the text of a file meant; every turn reads the file, few find another text in it. */
  const parsed = new Map<string, { readonly text: string; readonly policy: Policy }>();
  const parseOnce = (name: string, file: string, text: string): Policy => {
    const known = parsed.get(file);
    if (known?.text === text) return known.policy;
    const policy = parsePolicy(name, file, text);
    parsed.set(file, { text, policy });
    return policy;
  };
  return {
    load: async (name) => {
      if (!Slug.safeParse(name).success) {
        throw new AppError('policy_invalid', `"${name}" is not the name of a policy.`, { reason: 'bad_name', hint: 'Use small letters, digits and hyphens.' });
      }
      for (const folder of folders) {
        const file = path.join(folder, `${name}.yaml`);
        const text = await readText(file);
        if (text !== undefined) return parseOnce(name, file, text);
      }
      throw new AppError('policy_invalid', `There is no policy "${name}".`, {
        reason: 'missing',
        hint: `Put ${name}.yaml into ${folders[0] ?? 'the folder of policies'}, or choose another policy for the agent.`,
        details: { file: `${name}.yaml`, line: 0, fix: 'Make the file.' },
      });
    },
  };
}

/** The text of a file; undefined only when there is none: one that cannot be read must not let the next folder decide. */
async function readText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw policyInvalid(file, 1, 'the file is not UTF-8 text', 'Save it as UTF-8.');
  }
}

/** The bytes of a regular file of a policy's size; not blocked by a pipe or a device in its place. */
async function readBytes(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw policyInvalid(file, 1, `the file cannot be read (${error.code ?? 'unknown'})`, 'Make it a readable file.');
  });
  if (handle === undefined) return undefined;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw policyInvalid(file, 1, 'this is not a regular file', 'Put a file with the policy in its place.');
    if (stat.size > maxPolicyBytes) throw policyInvalid(file, 1, 'the file is larger than 256 KiB', 'Shorten it.');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
