import fs from 'node:fs/promises';
import path from 'node:path';
import { describeLineChange } from './lineChange.ts';
import { readWhole } from './textFile.ts';
import type { Tool, ToolContext, ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { fileFailure, resolvePath } from './workspacePath.ts';

const maxComparedBytes = 4 * 1_048_576;

/** Writes a whole text file, with the folders that it needs. */
export const writeFile: Tool = {
  name: 'write_file',
  description: 'Writes a whole text file, and makes its folders. What the file held before is replaced; to change a part of it use edit_file.',
  parameters: {
    path: { type: 'string', description: 'Path of the file, relative to the workspace.', isRequired: true },
    content: { type: 'string', description: 'The whole content.', isRequired: true },
  },
  isReadOnly: false,
  needsWriting: true,
  title: (args) => args.requiredText('path'),
  run: write,
};

async function write(args: ToolArguments, context: ToolContext): Promise<ToolOutcome> {
  const given = args.requiredText('path');
  const content = args.requiredText('content');
  const target = resolvePath(context, given);
  const before = await readWhole(target, given, maxComparedBytes).catch(() => '');
  try {
    await fs.mkdir(path.dirname(target), { recursive: true });
    const stat = await fs.stat(target).catch(() => undefined);
    if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) throw new Error('it is not a regular file.');
    await fs.writeFile(target, content, { signal: context.signal });
  } catch (error) {
    throw fileFailure(error, given);
  }
  const change = describeLineChange(before, content);
  return { state: 'done', output: `Wrote ${Buffer.byteLength(content)} bytes to ${given} (${change} lines).`, result: change };
}
