import path from 'node:path';
import { AppError } from '../base/appError.ts';
import { readSmallFile, SmallFileError } from '../base/smallFile.ts';
import { Slug } from '../protocol/shapes.ts';
import { maxPolicyBytes, parsePolicy, policyInvalid } from './parsePolicy.ts';
import type { Policy } from './policy.ts';
import { misnamedPolicyFile, policyFiles, type PolicyFolder } from './policyFiles.ts';
import type { UsedOwnPolicies } from './usedOwnPolicies.ts';

/** Gives policies by name from the files of some folders. */
export interface PolicyLoader {
  /** Reads the file anew. Throws `policy_invalid` when it is missing, unreadable or not a policy; nothing is allowed then. */
  load(name: string): Promise<Policy>;
  /** As `load`, for an agent that gets it: an own policy does not give way to a shipped one from then on, not even when its file is gone. */
  use(name: string): Promise<Policy>;
}

const nothingUsed: UsedOwnPolicies = { has: async () => false, add: async () => undefined };

/**
 * Reads a policy from the first of `folders` in which something stands for its name, so a person's own policy wins over a shipped one.
 * What stands there decides, readable or not: it never gives way to a later folder.
 */
export function createPolicyLoader(folders: readonly PolicyFolder[], usedOwn: UsedOwnPolicies = nothingUsed): PolicyLoader {
  /** What the text of a file meant; every turn reads the file, few find another text in it. */
  const parsed = new Map<string, { readonly text: string; readonly policy: Policy }>();
  const parseOnce = (name: string, file: string, text: string): Policy => {
    const known = parsed.get(file);
    if (known?.text === text) return known.policy;
    const policy = parsePolicy(name, file, text);
    parsed.set(file, { text, policy });
    return policy;
  };
  /** What stands for a name, and whose it is. */
  const find = async (name: string): Promise<{ readonly policy: Policy; readonly origin: PolicyFolder['origin'] }> => {
    if (!Slug.safeParse(name).success) {
      throw new AppError('policy_invalid', `"${name}" is not the name of a policy.`, { reason: 'bad_name', hint: 'Use small letters, digits and hyphens.' });
    }
    for (const folder of folders) {
      const file = fileIn(folder, name);
      if (file === undefined) continue;
      if (folder.origin === 'shipped' && (await usedOwn.has(name))) throw ownGone(name, folders, file);
      return { policy: parseOnce(name, file, readText(file)), origin: folder.origin };
    }
    throw new AppError('policy_invalid', `There is no policy "${name}".`, {
      reason: 'missing',
      hint: `Put ${name}.yaml into ${folders[0]?.path ?? 'the folder of policies'}, or choose another policy for the agent.`,
      details: { file: `${name}.yaml`, line: 0, fix: 'Make the file.' },
    });
  };
  return {
    load: async (name) => (await find(name)).policy,
    use: async (name) => {
      const { policy, origin } = await find(name);
      if (origin === 'own') await usedOwn.add(name);
      return policy;
    },
  };
}

/** The one file of a folder that stands for a policy. Throws `policy_invalid` for two, and for one that was meant for it. */
function fileIn(folder: PolicyFolder, name: string): string | undefined {
  const [file, second] = policyFiles(folder).get(name) ?? [];
  if (second !== undefined && file !== undefined) throw policyInvalid(file, 1, `${path.basename(second)} beside it stands for the same policy`, 'Remove one of the two.');
  if (file !== undefined || folder.origin === 'shipped') return file;
  const misnamed = misnamedPolicyFile(folder, name);
  if (misnamed !== undefined) throw policyInvalid(misnamed, 1, `it stands for the policy ${name}, whose file is named ${name}.yaml`, `Rename it to ${name}.yaml, or move it out of the folder.`);
  return undefined;
}

/** An agent was given the person's own policy of this name; the shipped one may allow more, so a person has to choose it. */
function ownGone(name: string, folders: readonly PolicyFolder[], shippedFile: string): AppError {
  const own = folders.find(({ origin }) => origin === 'own')?.path ?? 'the folder of your own policies';
  const fix = `Put ${name}.yaml back into ${own}; for the policy that came with Logos, copy ${shippedFile} there.`;
  return new AppError('policy_invalid', `Your own policy "${name}" is gone, and the one that came with Logos does not take its place by itself.`, {
    reason: 'own_gone',
    hint: fix,
    details: { file: path.join(own, `${name}.yaml`), line: 0, fix },
  });
}

/** The text of a file. Throws `policy_invalid` with what keeps it from being read. */
function readText(file: string): string {
  const bytes = readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw policyInvalid(file, 1, 'the file is not UTF-8 text', 'Save it as UTF-8.');
  }
}

function readBytes(file: string): Buffer {
  try {
    return readSmallFile(file, maxPolicyBytes);
  } catch (error) {
    if (error instanceof SmallFileError) {
      if (error.problem === 'too_large') throw policyInvalid(file, 1, 'the file is larger than 256 KiB', 'Shorten it.');
      throw policyInvalid(file, 1, 'this is not a regular file', 'Put a file with the policy in its place.');
    }
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw policyInvalid(file, 1, 'it is a link to a file that is not there', 'Put the file back, or remove the link.');
    throw policyInvalid(file, 1, `the file cannot be read (${code ?? 'unknown'})`, 'Make it a readable file.');
  }
}
