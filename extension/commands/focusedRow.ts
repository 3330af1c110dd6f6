import * as vscode from 'vscode';
import type { AgentsElement } from '../trees/agentsTree.ts';
import { deleteAgent, renameAgent } from './agentCommands.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { askAndDelete, eraseSession, keepSession, renameSession } from './sessionCommands.ts';

const renameDeleted: CommandDefinition = {
  needsGateway: true,
  run: ({ messages }, row) => messages.needed('Restore this session to rename it.', [{ title: 'Restore Session', run: () => vscode.commands.executeCommand('logos.restoreSession', row) }]),
};

/** Renames the agent or the session that the keyboard is on in the tree; a deleted session is to be restored first. */
export const renameFocused: CommandDefinition = {
  needsGateway: true,
  async run(context) {
    const row = await context.agentsView.focusedRow();
    if (row?.kind === 'agent') await renameAgent.run(context, row);
    if (row?.kind === 'session') await renameSession.run(context, row);
    if (row?.kind === 'deleted') await renameDeleted.run(context, row);
  },
};

/**
 * Makes the command of the key Delete in the tree, which asks about the row that the keyboard is on. What is pressed before that is answered
 * counts for nothing, and on a row beside one that it deleted, where VS Code put the keyboard by itself, the answer at hand is to keep it:
 * a key that was pressed twice deletes once.
 */
export function createDeleteFocused(): CommandDefinition {
  let isAsking = false;
  let besideDeleted: readonly AgentsElement[] = [];

  async function deleteRow(context: CommandContext, row: AgentsElement): Promise<void> {
    if (row.kind === 'agent') await deleteAgent.run(context, row);
    if (row.kind === 'deleted') await eraseSession.run(context, row);
    if (row.kind !== 'session') return;
    const neighbours = context.tree.neighboursOf(row);
    const isBeside = besideDeleted.includes(row);
    if (await askAndDelete(context, row, isBeside ? keepSession : undefined)) besideDeleted = neighbours;
  }

  return {
    needsGateway: true,
    async run(context) {
      if (isAsking) return;
      isAsking = true;
      try {
        const row = await context.agentsView.focusedRow();
        if (row !== undefined) await deleteRow(context, row);
      } finally {
        isAsking = false;
      }
    },
  };
}

/** Deletes the agent or the session that the keyboard is on in the tree, after asking. */
export const deleteFocused = createDeleteFocused();
