import { editFile } from './editFile.ts';
import { readFile } from './readFile.ts';
import { runCommand } from './runCommand.ts';
import { searchFiles } from './searchFiles.ts';
import type { Tool } from './tool.ts';
import { toJsonSchema } from './toolArguments.ts';
import { writeFile } from './writeFile.ts';

/** Every tool of this runtime, in the order in which models see them. */
export const allTools: readonly Tool[] = [runCommand, readFile, writeFile, editFile, searchFiles];

/** The tools that a task may use; names that this runtime does not have are left out. */
export function chooseTools(names: readonly string[], access: 'read' | 'write'): Tool[] {
  return allTools.filter((tool) => names.includes(tool.name) && (access === 'write' || !tool.needsWriting));
}

/** A tool as the model wire defines it. */
export function toDefinition({ name, description, parameters }: Tool): Record<string, unknown> {
  return { type: 'function', function: { name, description, parameters: toJsonSchema(parameters) } };
}
