import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import { changeModel, chooseAgentForChat, deleteAgent, openAgent, renameAgent } from './agentCommands.ts';
import { openAgentFiles } from './agentFiles.ts';
import type { CommandContext, CommandDefinition } from './context.ts';
import { deleteFocused, renameFocused } from './focusedRow.ts';
import { checkSandboxes, restartGateway, showLogs, showStatus, showWorking, startGateway } from './gatewayCommands.ts';
import { changeLimit } from './limitCommands.ts';
import { addModelServer, editModelServer, enterKey, removeModelServer } from './modelServerCommands.ts';
import { newAgent } from './newAgent.ts';
import { deleteSession, eraseSession, hideDeleted, newSession, openChat, openSession, renameSession, restoreSession, showAllSessions, showDeleted, stop } from './sessionCommands.ts';
import { setUp } from './setUp.ts';
import { views } from '../views/views.ts';
import { awaitGateway } from './withGateway.ts';

const findAgent: CommandDefinition = {
  needsGateway: false,
  async run() {
    await vscode.commands.executeCommand('logos.agents.focus');
    await vscode.commands.executeCommand('list.find');
  },
};

/** Every command by its id; package.json declares the same, which a test checks. */
export const commandTable = {
  'logos.addModelServer': addModelServer,
  'logos.changeLimit': changeLimit,
  'logos.changeModel': changeModel,
  'logos.checkSandboxes': checkSandboxes,
  'logos.chooseAgent': chooseAgentForChat,
  'logos.deleteAgent': deleteAgent,
  'logos.deleteFocused': deleteFocused,
  'logos.deleteSession': deleteSession,
  'logos.editModelServer': editModelServer,
  'logos.enterKey': enterKey,
  'logos.eraseSession': eraseSession,
  'logos.findAgent': findAgent,
  'logos.hideDeleted': hideDeleted,
  'logos.newAgent': newAgent,
  'logos.newSession': newSession,
  'logos.openAgent': openAgent,
  'logos.openAgentFiles': openAgentFiles,
  'logos.openChat': openChat,
  'logos.openSession': openSession,
  'logos.removeModelServer': removeModelServer,
  'logos.renameAgent': renameAgent,
  'logos.renameFocused': renameFocused,
  'logos.renameSession': renameSession,
  'logos.restartGateway': restartGateway,
  'logos.restoreSession': restoreSession,
  'logos.setUp': setUp,
  'logos.showAllSessions': showAllSessions,
  'logos.showDeleted': showDeleted,
  'logos.showLogs': showLogs,
  'logos.showStatus': showStatus,
  'logos.showWorking': showWorking,
  'logos.startGateway': startGateway,
  'logos.stop': stop,
} as const satisfies Record<string, CommandDefinition>;

/** The id of a command of ours. */
export type CommandId = keyof typeof commandTable;

/** Registers every command; one that fails says so, since a person asked for it by hand. */
export function registerCommands(context: CommandContext): Disposable {
  const store = new DisposableStore();
  for (const id of Object.keys(commandTable) as CommandId[]) {
    store.add(vscode.commands.registerCommand(id, (argument?: unknown) => runCommand(id, context, argument)));
  }
  return store;
}

/** What only shows, names, clears away or stops; every other command makes something run or changes what runs, and needs a workspace that is trusted. */
export const commandsWithoutTrust: ReadonlySet<CommandId> = new Set([
  'logos.chooseAgent', 'logos.findAgent', 'logos.hideDeleted', 'logos.newSession', 'logos.openAgent', 'logos.openChat', 'logos.openSession',
  'logos.showAllSessions', 'logos.showDeleted', 'logos.showLogs', 'logos.showStatus', 'logos.showWorking',
  'logos.deleteAgent', 'logos.deleteFocused', 'logos.deleteSession', 'logos.eraseSession', 'logos.renameAgent', 'logos.renameFocused', 'logos.renameSession', 'logos.restoreSession',
  'logos.restartGateway', 'logos.startGateway', 'logos.stop',
]);

/** Whether a command may run here; says why where it may not, since keys and pages reach also those that menus do not offer. */
function mayRun(id: CommandId, { messages }: CommandContext): boolean {
  if (vscode.workspace.isTrusted || commandsWithoutTrust.has(id)) return true;
  messages.needed(`Trust this workspace first. ${titles[id] ?? 'That'} needs it; reading past sessions works.`, [{ title: 'Manage Trust', run: () => vscode.commands.executeCommand('workbench.trust.manage') }]);
  return false;
}

/** Ask something about model servers or limits, which stand in no view of their own. */
const asking: ReadonlySet<CommandId> = new Set(['logos.addModelServer', 'logos.changeLimit', 'logos.editModelServer', 'logos.enterKey', 'logos.removeModelServer']);

/** The keyboard goes to the chat where no editor has a claim to it: VS Code gives it back to no webview behind a question of the command palette. */
async function leaveQuestion({ chat }: CommandContext): Promise<void> {
  if (chat.isVisible && vscode.window.activeTextEditor === undefined) await vscode.commands.executeCommand(`${views.chat.id}.focus`);
}

async function runCommand(id: CommandId, context: CommandContext, argument: unknown): Promise<void> {
  if (!mayRun(id, context)) return;
  const command: CommandDefinition = commandTable[id];
  try {
    if (command.needsGateway) await awaitGateway(context.gateway);
    await command.run(context, argument);
    if (asking.has(id)) await leaveQuestion(context);
  } catch (error) {
    context.messages.failed(`${titles[id] ?? 'That'} failed.`, error);
  }
}

const titles: Partial<Record<CommandId, string>> = {
  'logos.addModelServer': 'Adding the model server',
  'logos.changeLimit': 'Changing the limit',
  'logos.changeModel': 'Changing the model',
  'logos.checkSandboxes': 'Checking the sandboxes',
  'logos.deleteAgent': 'Deleting the agent',
  'logos.deleteFocused': 'Deleting',
  'logos.deleteSession': 'Deleting the session',
  'logos.editModelServer': 'Changing the model server',
  'logos.enterKey': 'Changing the key',
  'logos.eraseSession': 'Deleting the session for good',
  'logos.newAgent': 'Creating the agent',
  'logos.openAgentFiles': 'Opening the files',
  'logos.removeModelServer': 'Removing the model server',
  'logos.renameAgent': 'Renaming the agent',
  'logos.renameFocused': 'Renaming',
  'logos.renameSession': 'Renaming the session',
  'logos.restartGateway': 'Restarting the gateway',
  'logos.restoreSession': 'Restoring the session',
  'logos.setUp': 'Setting up',
  'logos.stop': 'Stopping',
};
