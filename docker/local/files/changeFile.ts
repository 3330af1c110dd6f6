import fs from 'node:fs/promises';
import { ToolFailure, type ToolContext } from '../tools/tool.ts';
import { resolvePath } from '../tools/workspacePath.ts';
import { findFile, followLinks, type FoundFile } from './foundFile.ts';
import { plainEnds } from './lineEnds.ts';
import { replaceFile } from './replaceFile.ts';
import { hasChanged, hashOf } from './seenFiles.ts';
import { clearSpares } from './spareFiles.ts';
import { isBinary, judgeBytes } from './textCodec.ts';

/** Whether the agent was shown what it writes over. */
export type Unread = 'no' | 'partly' | 'wholly';

/** What a tool wants of a file. */
export interface Change<T extends { readonly bytes: Buffer }> {
  /** As the agent named it. */
  readonly given: string;
  /** All of it is written, whether it is there or not; else a text in it is replaced. */
  readonly isWhole: boolean;
  /** Makes the new content from what is there; called again when that became another meanwhile. `unread`: how much the agent was not shown of what it writes over. */
  readonly make: (before: FoundFile | undefined, unread: Unread) => Promise<T>;
}

/** A larger file is not read whole. */
export const maxReadBytes = 16 * 1_048_576;
/** How often others may be faster before it is given up. */
const maxTries = 20;

/**
 * Changes a file, unless it has changed since the agent last saw it. Another session's change that comes between is not lost: the new content
 * is made again, from what is there then. Throws a ToolFailure.
 */
export async function changeFile<T extends { readonly bytes: Buffer }>(context: ToolContext, { given, isWhole, make }: Change<T>): Promise<T> {
  const { workspacePath, signal, seen, earlierTextOf } = context;
  const file = await followLinks(resolvePath(context, given), given);
  for (let tries = 1; tries <= maxTries; tries += 1) {
    signal.throwIfAborted();
    await clearSpares(file);
    const before = isWhole && !(await isThere(file)) ? undefined : await findFile(file, given, maxReadBytes);
    await refuseChanged(context, { given, isWhole }, file, before);
    const known = seen.recall(file);
    const unread = !isWhole || known?.isWhole === true || (await earlierTextOf(file)) !== undefined ? 'no' : known === undefined ? 'wholly' : 'partly';
    const made = await make(before, unread);
    if ((await replaceFile({ path: file, given, before, bytes: made.bytes, workspacePath, signal })) === 'changed') continue;
    seen.remember(file, { stat: await fs.stat(file, { bigint: true }), hash: await hashOf(made.bytes), isKnown: isWhole, isWhole: isWhole || known?.isWhole === true });
    return made;
  }
  throw new ToolFailure(`${given} is being changed by others all the time; nothing was written. Read it again, and try once more.`);
}

const isThere = (file: string): Promise<boolean> => fs.stat(file).then(() => true, () => false);

/** A text that is replaced needs only itself to be there, when the agent has not seen the rest. */
async function refuseChanged({ seen, earlierTextOf }: ToolContext, { given, isWhole }: { given: string; isWhole: boolean }, file: string, before: FoundFile | undefined): Promise<void> {
  const known = seen.recall(file);
  if (before === undefined || !(isWhole || known?.isKnown === true)) return;
  const isOther = known === undefined ? isOtherText(before, await earlierTextOf(file)) : hasChanged(known, before.stat, before.bytes === undefined ? undefined : await hashOf(before.bytes));
  if (isOther) throw new ToolFailure(`${given} has changed since you read it: a command, another session or the person wrote to it. Nothing was changed. Read it again, then make the change that it needs.`);
}

/** Whether a file holds another text than the agent knows from an earlier turn; false when it does not know. */
function isOtherText({ bytes }: FoundFile, known: string | undefined): boolean {
  if (bytes === undefined || known === undefined) return false;
  const codec = judgeBytes(bytes);
  return isBinary(codec) || plainEnds(codec.textOf(codec.toRaw(bytes).slice(codec.mark.length))) !== known.replace(/^\uFEFF/, '');
}
