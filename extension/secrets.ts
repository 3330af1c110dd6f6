import * as vscode from 'vscode';

/** Asks for the key of a model server. It goes to the gateway, which keeps it in a private file; nothing of it stays in VS Code. */
export async function askForKey(server: string): Promise<{ readonly key?: string } | undefined> {
  const typed = await vscode.window.showInputBox({
    title: `Key for ${server}`,
    prompt: 'Leave it empty when the server asks for none.',
    password: true,
    ignoreFocusOut: true,
  });
  if (typed === undefined) return undefined;
  return typed.trim() === '' ? {} : { key: typed.trim() };
}
