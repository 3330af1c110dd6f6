import * as vscode from 'vscode';

/** The settings of a person, as they stand now; an empty setting is undefined. */
export interface Config {
  /** The gateway's state directory. */
  readonly home: string | undefined;
  /** The Node that starts the gateway. */
  readonly node: string | undefined;
}

/** Every setting that is read, by its full name. */
export const settingNames = ['logos.home', 'logos.node'] as const;

/** Whether a setting of VS Code switches workspace trust off, so that it runs what any folder says. */
export function isTrustOff(): boolean {
  return vscode.workspace.getConfiguration('security.workspace.trust').get<boolean>('enabled') === false;
}

/** Reads the settings; the only place that does. */
export function readConfig(): Config {
  const configuration = vscode.workspace.getConfiguration();
  const read = (name: (typeof settingNames)[number]) => configuration.get<string>(name)?.trim() || undefined;
  return { home: read('logos.home'), node: read('logos.node') };
}
