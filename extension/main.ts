import type * as vscode from 'vscode';
import { createServices, type Services } from './services.ts';

let services: Services | undefined;

/** Registers everything and returns; the gateway is connected to afterwards. */
export function activate(context: vscode.ExtensionContext): void {
  services = createServices(context);
  context.subscriptions.push({ dispose: deactivate });
}

/** Ends everything that activation began; the gateway lives on for other clients. Resolves when unsent messages are on the disk. */
export async function deactivate(): Promise<void> {
  const ending = services;
  services = undefined;
  ending?.dispose();
  await ending?.settled();
}
