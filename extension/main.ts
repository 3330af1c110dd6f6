import type * as vscode from 'vscode';
import type { Disposable } from './disposableStore.ts';
import { createServices } from './services.ts';

let services: Disposable | undefined;

/** Registers everything and returns; the gateway is connected to afterwards. */
export function activate(context: vscode.ExtensionContext): void {
  services = createServices(context);
  context.subscriptions.push({ dispose: deactivate });
}

/** Ends everything that activation began; the gateway lives on for other clients. */
export function deactivate(): void {
  services?.dispose();
  services = undefined;
}
