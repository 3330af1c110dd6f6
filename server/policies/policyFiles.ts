import path from 'node:path';
import { AppError } from '../base/appError.ts';
import { foldName, folderEntries } from '../base/folderEntries.ts';
import type { PolicySummary } from '../protocol/policies.ts';
import { Slug } from '../protocol/shapes.ts';

/** A folder of policy files and whose they are. */
export interface PolicyFolder {
  readonly path: string;
  readonly origin: PolicySummary['origin'];
}

const ending = /\.ya?ml$/;
/** What may stand in the place of the ending, with a hyphen too. */
const wrongEnding = /([.-](ya?ml?|ymal|json|txt|text|toml|conf|cfg|policy))*\.?$/;
/** What editors and package managers leave beside a file. */
const leftBeside = /^[.#~]|[~#]$|\.(?:bak|orig|rej|old|save|te?mp|sw[a-p]|dpkg-\w+|rpm\w+)\d*$/i;

/**
 * The files of a folder by the policy that each stands for: `<name>.yaml`, `.yml` too, in whatever letter case, whatever kind of thing it is.
 * A name that no policy can have stands as it is written. Throws `policy_invalid` when the folder is there and cannot be read.
 */
export function policyFiles(folder: PolicyFolder): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const entry of entriesOf(folder)) {
    const folded = foldName(entry);
    if (!ending.test(folded)) continue;
    const slug = folded.replace(ending, '');
    const name = Slug.safeParse(slug).success ? slug : entry.replace(/\.ya?ml\s*$/i, '');
    found.set(name, [...(found.get(name) ?? []), path.join(folder.path, entry)]);
  }
  return found;
}

/**
 * What stands in a folder under nearly the name of a policy's file, such as `<name>.yaml.txt` or `<name> (1).yaml`: somebody meant it for that
 * policy. Other signs for its hyphens and characters that nobody sees do not make it another name.
 */
export function misnamedPolicyFile(folder: PolicyFolder, name: string): string | undefined {
  const asWord = new RegExp(`(?<![a-z0-9-])${name}(?![a-z0-9-])`);
  const entry = entriesOf(folder).find((each) => {
    if (leftBeside.test(each) || isOfAnother(each, name)) return false;
    const folded = foldName(each.replaceAll(/(?!\u00ad)\p{Cf}/gu, ''));
    const hyphened = foldName(folded.replace(wrongEnding, '')).replaceAll(/[\s.\p{Pd}\p{Pc}\u2212\u00ad]+/gu, '-');
    return hyphened === name || asWord.test(folded.replaceAll(/[\p{Pd}\p{Pc}\u2212\u00ad]+/gu, '-'));
  });
  return entry === undefined ? undefined : path.join(folder.path, entry);
}

function isOfAnother(entry: string, name: string): boolean {
  const folded = foldName(entry);
  const slug = folded.replace(ending, '');
  return slug !== folded && slug !== name && Slug.safeParse(slug).success;
}

function entriesOf({ path: folder, origin }: PolicyFolder): string[] {
  try {
    return folderEntries(folder);
  } catch (error) {
    const whose = origin === 'own' ? 'your own policies' : 'the policies that came with Logos';
    const fix = 'Make it a folder that can be read, or remove it.';
    throw new AppError('policy_invalid', `The folder of ${whose}, ${folder}, cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`, {
      reason: 'folder_unreadable',
      hint: `${fix} Until then everything is denied.`,
      details: { file: folder, line: 0, fix },
      cause: error,
    });
  }
}
