import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from './disposableStore.ts';
import type { Gateway } from './server/gatewayConnection.ts';
import { statusOf } from './statusWords.ts';
import type { TopicsFeed } from './topics/topicsFeed.ts';

/** The one item in the status bar: whether the gateway is there, and how many agents work or need someone. */
export class StatusBar implements Disposable {
  readonly #item: vscode.StatusBarItem;
  readonly #gateway: Gateway;
  readonly #feed: TopicsFeed;
  readonly #owned = new DisposableStore();

  constructor(gateway: Gateway, feed: TopicsFeed) {
    this.#gateway = gateway;
    this.#feed = feed;
    this.#item = this.#owned.add(vscode.window.createStatusBarItem('logos.status', vscode.StatusBarAlignment.Left));
    this.#item.name = 'Logos';
    this.#item.command = 'logos.showWorking';
    this.#owned.add(gateway.onDidChange(() => this.#draw()));
    this.#owned.add(feed.onDidChange(() => this.#draw()));
    this.#draw();
    this.#item.show();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #draw(): void {
    const { text, tone, spoken, detail } = statusOf(this.#gateway.state, this.#feed.state, this.#gateway.silence.isSilent);
    this.#item.text = `$(logos-mark) ${text}`;
    this.#item.tooltip = detail;
    this.#item.accessibilityInformation = { label: spoken };
    this.#item.backgroundColor = tone === 'quiet' ? undefined : new vscode.ThemeColor(`statusBarItem.${tone}Background`);
  }
}
