import type { AgentsElement } from '../trees/agentsTree.ts';
import { deleteAgent, renameAgent } from './agentCommands.ts';
import type { CommandDefinition } from './context.ts';
import { deleteSession, eraseSession, renameSession } from './sessionCommands.ts';

/** What a key does to a row of the tree, by the kind of the row; a kind without a command is left alone. */
function onFocusedRow(commands: Partial<Record<AgentsElement['kind'], CommandDefinition>>): CommandDefinition {
  return {
    needsGateway: true,
    async run(context) {
      const row = await context.agentsView.focusedRow();
      if (row !== undefined) await commands[row.kind]?.run(context, row);
    },
  };
}

/** Renames the agent or the session that the keyboard is on in the tree. */
export const renameFocused = onFocusedRow({ agent: renameAgent, session: renameSession });

/** Deletes the agent or the session that the keyboard is on in the tree, after asking. */
export const deleteFocused = onFocusedRow({ agent: deleteAgent, session: deleteSession, deleted: eraseSession });
