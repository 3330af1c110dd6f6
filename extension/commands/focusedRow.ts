import * as vscode from 'vscode';
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

const renameDeleted: CommandDefinition = {
  needsGateway: true,
  run: ({ messages }, row) => messages.needed('Restore this session to rename it.', [{ title: 'Restore Session', run: () => vscode.commands.executeCommand('logos.restoreSession', row) }]),
};

/** Renames the agent or the session that the keyboard is on in the tree; a deleted session is to be restored first. */
export const renameFocused = onFocusedRow({ agent: renameAgent, session: renameSession, deleted: renameDeleted });

/** Deletes the agent or the session that the keyboard is on in the tree, after asking. */
export const deleteFocused = onFocusedRow({ agent: deleteAgent, session: deleteSession, deleted: eraseSession });
