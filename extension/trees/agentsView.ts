import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import type { TopicsFeed } from '../topics/topicsFeed.ts';
import { engineProblem } from '../topics/topicsQueries.ts';
import type { AgentsElement, AgentsTree } from './agentsTree.ts';

/** The view around the tree: one line of text above the rows when something stands in the way, and the badge. */
export class AgentsView implements Disposable {
  readonly #view: vscode.TreeView<AgentsElement>;
  readonly #gateway: Gateway;
  readonly #feed: TopicsFeed;
  readonly #owned = new DisposableStore();
  readonly #tree: AgentsTree;
  readonly #unfolded = new Set<string>();
  #revealed: Thenable<void> | undefined;
  #isAsked = false;
  #open: { readonly agentId: string; readonly sessionId: string | undefined } | undefined;

  constructor(tree: AgentsTree, gateway: Gateway, feed: TopicsFeed) {
    this.#tree = tree;
    this.#gateway = gateway;
    this.#feed = feed;
    this.#view = this.#owned.add(vscode.window.createTreeView('logos.agents', { treeDataProvider: tree, showCollapseAll: false }));
    this.#owned.add(gateway.onDidChange(() => this.#draw()));
    this.#owned.add(feed.onDidChange(() => this.#draw()));
    this.#owned.add(this.#view.onDidExpandElement((event) => this.#noteFold(event, true)));
    this.#owned.add(this.#view.onDidCollapseElement((event) => this.#noteFold(event, false)));
    this.#owned.add(this.#view.onDidChangeVisibility(() => this.#selectOpen()));
    // A session that has just been made gets its row after the chat has shown it.
    this.#owned.add(feed.onDidChange(() => this.#selectOpen()));
    this.#owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.#draw()));
  }

  /** The row that the keyboard is on. VS Code tells extensions of selections alone, so that row is selected for a moment, which opens nothing, and put back. */
  async focusedRow(): Promise<AgentsElement | undefined> {
    // A row that is selected for the chat meanwhile would hide the one that is asked for.
    this.#isAsked = true;
    try {
      await this.#revealed;
      const before = this.#view.selection;
      await vscode.commands.executeCommand('list.toggleSelection');
      const after = this.#view.selection;
      await vscode.commands.executeCommand('list.toggleSelection');
      return after.find((row) => !before.includes(row)) ?? before.find((row) => !after.includes(row));
    } finally {
      this.#isAsked = false;
      this.#selectOpen();
    }
  }

  /** Selects the row of what the chat shows, without taking the keyboard and without unfolding anything; a view that is out of sight stays so. */
  select(agentId: string | undefined, sessionId: string | undefined): void {
    this.#open = agentId === undefined ? undefined : { agentId, sessionId };
    this.#selectOpen();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #selectOpen(): void {
    if (this.#open === undefined || this.#isAsked) return;
    const row = this.#tree.setOpen(this.#open.agentId, this.#open.sessionId);
    if (row === undefined || !this.#view.visible) return;
    const target = row.kind === 'agent' || this.#unfolded.has(row.agentId) ? row : this.#tree.getParent(row);
    if (target === undefined || this.#view.selection.includes(target)) return;
    this.#revealed = this.#view.reveal(target, { select: true, focus: false, expand: false }).then(undefined, () => undefined);
  }

  #noteFold({ element }: vscode.TreeViewExpansionEvent<AgentsElement>, isUnfolded: boolean): void {
    if (isUnfolded) this.#unfolded.add(element.agentId);
    else this.#unfolded.delete(element.agentId);
    this.#selectOpen();
  }

  #draw(): void {
    const message = this.#feed.state.agents.size === 0 ? '' : this.#message();
    if (this.#view.message !== message) this.#view.message = message;
    const waiting = [...this.#feed.state.agents.values()].filter(({ state }) => state === 'needs_you').length;
    this.#view.badge = waiting === 0 ? undefined : { value: waiting, tooltip: `${waiting} ${waiting === 1 ? 'agent needs' : 'agents need'} you` };
  }

  /** Empty rows have a welcome view instead, which a message would hide. */
  #message(): string {
    const { state } = this.#gateway;
    if (state.phase === 'stopped') return `${state.away.cause.sentence} Start the gateway to go on.`;
    if (state.phase !== 'connected') return 'Reconnecting to the gateway.';
    if (this.#gateway.silence.isSilent) return 'The gateway does not answer. The rows are the last known.';
    if (engineProblem(this.#feed.state) !== undefined) return 'Install bubblewrap to run agents in a sandbox. Nothing runs without one.';
    return vscode.workspace.isTrusted ? '' : 'Trust this workspace to run agents. Reading past sessions works.';
  }
}
