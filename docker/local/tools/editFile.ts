import fs from 'node:fs/promises';
import { describeLineChange } from './lineChange.ts';
import { readWhole } from './textFile.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { fileFailure, resolvePath } from './workspacePath.ts';

const maxBytes = 4 * 1_048_576;

/** Replaces one exact text in a file by another. */
export const editFile: Tool = {
  name: 'edit_file',
  description: 'Replaces text in a file. oldText must stand there exactly once, spaces and line ends included; give more lines around it until it does, or set replaceAll.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    oldText: { type: 'string', description: 'The text to replace, exactly as it stands in the file.', isRequired: true },
    newText: { type: 'string', description: 'The text to put in its place; may be empty.', isRequired: true },
    replaceAll: { type: 'boolean', description: 'Replace every place, not one.' },
  },
  isReadOnly: false,
  needsWriting: true,
  title: (args) => args.requiredText('path'),
  run: edit,
};

async function edit(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const target = resolvePath(context, given);
  const before = await readWhole(target, given, maxBytes);
  const after = replaceExactly(before, { given, oldText: args.requiredText('oldText'), newText: args.requiredText('newText'), isAll: args.isSet('replaceAll') });
  try {
    await fs.writeFile(target, after, { signal: context.signal });
  } catch (error) {
    throw fileFailure(error, given);
  }
  const change = describeLineChange(before, after);
  return { state: 'done', output: `Edited ${given} (${change} lines).`, result: change };
}

interface Replacement {
  readonly given: string;
  readonly oldText: string;
  readonly newText: string;
  readonly isAll: boolean;
}

function replaceExactly(before: string, { given, oldText, newText, isAll }: Replacement): string {
  if (oldText === '') throw new ToolFailure('oldText is empty; to write a whole file use write_file.');
  if (oldText === newText) throw new ToolFailure('oldText and newText are the same; nothing was changed.');
  const pieces = before.split(oldText);
  if (pieces.length === 1 && before.includes('\r\n') && !oldText.includes('\r')) {
    // Models write plain line ends; a file that has the others keeps them.
    return replaceExactly(before, { given, oldText: oldText.replaceAll('\n', '\r\n'), newText: newText.replaceAll('\n', '\r\n'), isAll });
  }
  if (pieces.length === 1) throw new ToolFailure(`oldText does not stand in ${given}. Read the file and copy the text exactly.`);
  if (pieces.length > 2 && !isAll) throw new ToolFailure(`oldText stands ${pieces.length - 1} times in ${given}. Give more lines around it, or set replaceAll.`);
  return pieces.join(newText);
}
