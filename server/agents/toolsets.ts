import { AppError } from '../base/appError.ts';
import type { Soul } from '../protocol/souls.ts';

/** The tools of each toolset that the runtime `local` knows. A toolset of a soul that is not here has no tools in this version. */
export const toolsets: Readonly<Record<string, readonly string[]>> = {
  file: ['read_file', 'write_file', 'edit_file', 'search_files'],
  terminal: ['run_command'],
};

const toolsOf = (names: readonly string[]): string[] => names.flatMap((name) => toolsets[name] ?? []);

/** The tools an agent with this soul has when nothing else is said, sorted. */
export function defaultTools(soul: Soul): string[] {
  return [...new Set(toolsOf([...soul.toolsets.enforced, ...soul.toolsets.defaultEnabled]))].sort();
}

/** Checks chosen tools against a soul and gives them sorted with the enforced ones; throws `invalid_params` naming the tool that is unknown, forbidden or not offered. */
export function checkTools(soul: Soul, chosen: readonly string[]): string[] {
  const enforced = toolsOf(soul.toolsets.enforced);
  const allowed = new Set([...enforced, ...toolsOf([...soul.toolsets.defaultEnabled, ...soul.toolsets.optional])]);
  const refused = chosen.find((tool) => !allowed.has(tool));
  if (refused !== undefined) {
    throw new AppError('invalid_params', `The soul ${soul.name} does not allow the tool ${refused}.`, {
      reason: 'tool_not_allowed',
      hint: `Choose from ${[...allowed].sort().join(', ') || 'no tools'}.`,
      details: { path: 'tools' },
    });
  }
  return [...new Set([...enforced, ...chosen])].sort();
}
