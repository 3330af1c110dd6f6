import * as vscode from 'vscode';
import { views } from './views.ts';

/** Runs a command that asks a person something on top of the chat: the keyboard comes back to the chat, unless the person has gone elsewhere meanwhile. */
export async function askOnTop(command: string, ...args: readonly unknown[]): Promise<void> {
  let hasGone = false;
  const leave = (): void => void (hasGone = true);
  const watched = [vscode.window.onDidChangeActiveTextEditor(leave), vscode.window.onDidChangeTextEditorSelection(leave), vscode.window.onDidChangeActiveTerminal(leave)];
  try {
    await vscode.commands.executeCommand(command, ...args);
  } finally {
    for (const one of watched) one.dispose();
    if (!hasGone) await vscode.commands.executeCommand(`${views.chat.id}.focus`);
  }
}
