import * as vscode from 'vscode';
import type { LogEntry, LogSource } from '../server/protocol/logs.ts';
import { DisposableStore, type Disposable } from './disposableStore.ts';
import { newId } from './ids.ts';
import type { Gateway } from './server/gatewayConnection.ts';

/** The channels beside the merged one; a source that is not here stands in the merged one alone. */
const channelOfSource: Partial<Record<LogSource, string>> = {
  exec: 'Logos Sandboxes',
  sandbox: 'Logos Sandboxes',
  worker: 'Logos Sandboxes',
  egress: 'Logos Sandboxes',
  inference: 'Logos Models',
};

/** Writes what the extension and the gateway log into output channels. Never shows one by itself. */
export class Log implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #merged: vscode.LogOutputChannel;
  readonly #channels = new Map<string, vscode.LogOutputChannel>();
  #route: Disposable | undefined;

  constructor() {
    this.#merged = this.#owned.add(vscode.window.createOutputChannel('Logos', { log: true }));
  }

  info(text: string): void {
    this.#merged.info(`[extension] ${text}`);
  }

  warn(text: string): void {
    this.#merged.warn(`[extension] ${text}`);
  }

  /** Writes what went wrong, with its stack. */
  error(what: string, error?: unknown): void {
    const more = error instanceof Error ? (error.stack ?? error.message) : error === undefined ? '' : String(error);
    this.#merged.error(`[extension] ${what}${more === '' ? '' : ` ${more}`}`);
  }

  /** Follows the gateway's log on each connection, at the level that a person chose for the channel. */
  follow(gateway: Gateway): void {
    const subscribe = () => {
      this.#route?.dispose();
      if (gateway.state.phase !== 'connected') return;
      const subscriptionId = newId();
      const level = wireLevel(this.#merged.logLevel);
      if (level === undefined) return;
      this.#route = gateway.route(subscriptionId, (method, params) => method === 'logs/entry' && this.#write(params['entry']));
      gateway.request('logs/subscribe', { subscriptionId, level }).catch((error: unknown) => this.warn(`The gateway's log could not be followed: ${String(error)}`));
    };
    this.#owned.add(gateway.onDidChange(subscribe));
    this.#owned.add(this.#merged.onDidChangeLogLevel(subscribe));
    this.#owned.defer(() => this.#route?.dispose());
  }

  /** Opens the merged channel; only when a person asks. */
  show(): void {
    this.#merged.show(true);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #write(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    const { level, source, text, data } = value as Partial<LogEntry>;
    if (typeof text !== 'string' || typeof source !== 'string') return;
    const line = `[${source}] ${text}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`;
    writeAt(this.#merged, level, line);
    const name = channelOfSource[source];
    if (name !== undefined) writeAt(this.#channel(name), level, line);
  }

  #channel(name: string): vscode.LogOutputChannel {
    const known = this.#channels.get(name) ?? this.#owned.add(vscode.window.createOutputChannel(name, { log: true }));
    this.#channels.set(name, known);
    return known;
  }
}

function writeAt(channel: vscode.LogOutputChannel, level: LogEntry['level'] | undefined, line: string): void {
  if (level === 'trace' || level === 'debug' || level === 'info' || level === 'warn' || level === 'error') channel[level](line);
  else channel.info(line);
}

function wireLevel(level: vscode.LogLevel): LogEntry['level'] | undefined {
  const levels = [undefined, 'trace', 'debug', 'info', 'warn', 'error'] as const;
  return levels[level];
}
