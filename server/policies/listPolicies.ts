import { asAppError } from '../base/appError.ts';
import type { PolicySummary } from '../protocol/policies.ts';
import type { PolicyLoader } from './loadPolicy.ts';
import type { Policy } from './policy.ts';
import { misnamedPolicyFile, policyFiles, type PolicyFolder } from './policyFiles.ts';
import { policyWords } from './policyWords.ts';

/** What a list of policies is made from. */
export interface PolicyListPorts {
  /** In the order in which the loader looks into them. */
  readonly folders: readonly PolicyFolder[];
  readonly loader: PolicyLoader;
  /** The policy that an agent gets when nothing else is said. */
  readonly defaultName: string;
  /** Throws `policy_unenforceable`. */
  readonly assertEnforces: (policy: Policy) => void;
}

const maxDescription = 300;

/** Every policy by name, read anew; what cannot be read, parsed or enforced stands there with its error. Never throws. */
export async function listPolicies({ folders, loader, defaultName, assertEnforces }: PolicyListPorts): Promise<PolicySummary[]> {
  const origins = new Map<string, PolicySummary['origin']>();
  for (const folder of folders.toReversed()) for (const name of namesIn(folder, [...origins.keys()])) origins.set(name, folder.origin);
  const summaries = [...origins].map(async ([name, origin]): Promise<PolicySummary> => {
    const known = { name, origin, isDefault: name === defaultName };
    try {
      const policy = await loader.load(name);
      return { ...known, ...summaryOf(policy), ...refusalOf(policy, assertEnforces) };
    } catch (thrown) {
      const error = asAppError(thrown);
      return { ...known, ...(error.reason === 'own_gone' ? { origin: 'own' as const } : {}), error: error.toInfo() };
    }
  });
  return (await Promise.all(summaries)).sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * The names that a folder decides about, those of `known` included that something there was meant for. A folder that cannot be read names nothing;
 * every policy then fails by the loader, which looks there first.
 */
function namesIn(folder: PolicyFolder, known: readonly string[]): string[] {
  try {
    const misnamed = folder.origin === 'own' ? known.filter((name) => misnamedPolicyFile(folder, name) !== undefined) : [];
    return [...policyFiles(folder).keys(), ...misnamed];
  } catch {
    return [];
  }
}

function summaryOf(policy: Policy): Pick<PolicySummary, 'description' | 'words' | 'hash'> {
  const description = descriptionOf(policy.text);
  return { words: policyWords(policy), hash: policy.hash, ...(description === '' ? {} : { description }) };
}

function refusalOf(policy: Policy, assertEnforces: (policy: Policy) => void): Pick<PolicySummary, 'error'> {
  try {
    assertEnforces(policy);
    return {};
  } catch (error) {
    return { error: asAppError(error).toInfo() };
  }
}

/** The lines of comment that a file begins with, as one. */
function descriptionOf(text: string): string {
  const [head = ''] = /^(#[^\n]*\n?)*/.exec(text.replace(/^\uFEFF/, '')) ?? [];
  const words = head.replace(/^#+/gm, ' ').replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return words.length <= maxDescription ? words : `${words.slice(0, maxDescription - 1)}…`;
}
