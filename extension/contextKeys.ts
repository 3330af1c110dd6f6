import * as vscode from 'vscode';

/** The keys that `when` clauses of package.json read, with their values. */
export interface ContextKeys {
  /** How the gateway stands. */
  'logos.gateway': 'connecting' | 'connected' | 'offline' | 'stopped';
  /** Why the gateway is away: a `FailureCode`, or empty. */
  'logos.gatewayCause': string;
  'logos.hasAgents': boolean;
  /** This host cannot hold a sandbox. */
  'logos.engineMissing': boolean;
  /** The chat shows an agent. */
  'logos.chatAgent': boolean;
  /** The chat shows a session that is stored. */
  'logos.chatSession': boolean;
  /** The tree shows deleted sessions too. */
  'logos.showsDeleted': boolean;
}

/** The names of all keys, for the check of package.json. */
export const contextKeyNames = ['logos.gateway', 'logos.gatewayCause', 'logos.hasAgents', 'logos.engineMissing', 'logos.chatAgent', 'logos.chatSession', 'logos.showsDeleted'] as const satisfies readonly (keyof ContextKeys)[];

const said = new Map<string, unknown>();

/** Sets a key; saying the same again costs nothing. */
export function setContextKey<K extends keyof ContextKeys>(name: K, value: ContextKeys[K]): void {
  if (said.get(name) === value) return;
  said.set(name, value);
  void vscode.commands.executeCommand('setContext', name, value);
}

/** Takes all keys away. */
export function clearContextKeys(): void {
  for (const name of said.keys()) void vscode.commands.executeCommand('setContext', name, undefined);
  said.clear();
}
