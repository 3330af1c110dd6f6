import * as vscode from 'vscode';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import type { TopicsFeed, TopicsNews } from '../topics/topicsFeed.ts';
import { agentsByName, sessionsOf } from '../topics/topicsQueries.ts';
import { agentTooltip } from './agentTooltip.ts';
import { agentRow, sessionRow, type Row } from './rows.ts';

/** What stands in the tree. One object per id, because VS Code knows elements by identity. */
export type AgentsElement =
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'session'; readonly agentId: string; readonly sessionId: string }
  | { readonly kind: 'showAll'; readonly agentId: string; readonly count: number };

const SHOWN_SESSIONS = 5;

/** The Agents tree: agents by name with their sessions, fed by the topics; refreshes the smallest element that changed. */
export class AgentsTree implements vscode.TreeDataProvider<AgentsElement>, Disposable {
  readonly #feed: TopicsFeed;
  readonly #changed = new vscode.EventEmitter<AgentsElement | undefined>();
  readonly #owned = new DisposableStore();
  readonly #elements = new Map<string, AgentsElement>();
  readonly #wholeAgents = new Set<string>();
  /** The rows below each agent as VS Code last asked for them, to know whether a row keeps its place. */
  readonly #orders = new Map<string, string>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(feed: TopicsFeed) {
    this.#feed = feed;
    this.#owned.add(this.#changed);
    this.#owned.add(feed.onDidChange((news) => this.#refresh(news)));
  }

  getChildren(element?: AgentsElement): AgentsElement[] {
    const { state } = this.#feed;
    if (element === undefined) return agentsByName(state).map((agent) => this.#agentElement(agent.id));
    if (element.kind !== 'agent') return [];
    const rows = this.#rowsOf(element.agentId);
    this.#orders.set(element.agentId, orderOf(rows));
    return rows;
  }

  getParent(element: AgentsElement): AgentsElement | undefined {
    return element.kind === 'agent' ? undefined : this.#agentElement(element.agentId);
  }

  getTreeItem(element: AgentsElement): vscode.TreeItem {
    if (element.kind === 'showAll') return showAllItem(element);
    const agent = this.#feed.state.agents.get(element.agentId);
    if (element.kind === 'agent') return this.#agentItem(element, agent);
    const session = this.#feed.state.sessions.get(element.sessionId);
    const item = session === undefined ? new vscode.TreeItem('') : itemOf(sessionRow(session, Date.now(), this.#feed.isLive));
    item.id = `session:${element.sessionId}`;
    item.command = { command: 'logos.openSession', title: 'Open', arguments: [element] };
    return item;
  }

  /** Makes the tooltip of an agent when it is wanted. */
  resolveTreeItem(item: vscode.TreeItem, element: AgentsElement): vscode.TreeItem {
    const agent = this.#feed.state.agents.get(element.agentId);
    if (element.kind === 'agent' && agent !== undefined) item.tooltip = agentTooltip(agent, this.#feed.isLive);
    return item;
  }

  /** Shows every session of an agent, not the most recent alone. */
  showAll(agentId: string): void {
    this.#wholeAgents.add(agentId);
    this.#changed.fire(this.#agentElement(agentId));
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #agentItem(element: AgentsElement, agent: Agent | undefined): vscode.TreeItem {
    if (agent === undefined) return new vscode.TreeItem('');
    const item = itemOf(agentRow(agent, this.#feed.isLive));
    item.id = `agent:${element.agentId}`;
    item.command = { command: 'logos.openAgent', title: 'Open', arguments: [element] };
    const hasSessions = sessionsOf(this.#feed.state, agent.id).length > 0;
    item.collapsibleState = hasSessions ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
    return item;
  }

  #rowsOf(agentId: string): AgentsElement[] {
    const sessions = sessionsOf(this.#feed.state, agentId);
    const shown = this.#wholeAgents.has(agentId) ? sessions : sessions.slice(0, SHOWN_SESSIONS);
    const rows = shown.map((session) => this.#sessionElement(session));
    return shown.length < sessions.length ? [...rows, { kind: 'showAll', agentId, count: sessions.length }] : rows;
  }

  #refresh(news: TopicsNews): void {
    if (news.kind === 'all') return this.#changed.fire(undefined);
    if (news.topic === 'agents') this.#refreshAgent(news.id, news.before as Agent | undefined);
    if (news.topic === 'sessions') this.#refreshSession(news.id, news.before as Session | undefined);
  }

  #refreshAgent(agentId: string, before: Agent | undefined): void {
    const after = this.#feed.state.agents.get(agentId);
    const keepsPlace = before !== undefined && after !== undefined && before.name === after.name;
    if (after === undefined) this.#elements.delete(`agent:${agentId}`);
    this.#changed.fire(keepsPlace ? this.#agentElement(agentId) : undefined);
  }

  #refreshSession(sessionId: string, before: Session | undefined): void {
    const after = this.#feed.state.sessions.get(sessionId);
    const agentId = (after ?? before)?.agentId;
    if (agentId === undefined || !this.#feed.state.agents.has(agentId)) return;
    if (after === undefined) this.#elements.delete(`session:${sessionId}`);
    const keepsPlace = after !== undefined && this.#orders.get(agentId) === orderOf(this.#rowsOf(agentId));
    this.#changed.fire(keepsPlace ? this.#sessionElement(after) : this.#agentElement(agentId));
  }

  #agentElement(agentId: string): AgentsElement {
    return this.#element(`agent:${agentId}`, { kind: 'agent', agentId });
  }

  #sessionElement(session: Session): AgentsElement {
    return this.#element(`session:${session.id}`, { kind: 'session', agentId: session.agentId, sessionId: session.id });
  }

  #element(key: string, made: AgentsElement): AgentsElement {
    const known = this.#elements.get(key) ?? made;
    this.#elements.set(key, known);
    return known;
  }
}

function orderOf(rows: readonly AgentsElement[]): string {
  return rows.map((row) => (row.kind === 'session' ? row.sessionId : row.kind === 'showAll' ? String(row.count) : row.agentId)).join(' ');
}

function itemOf(row: Row): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label);
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.spoken };
  if (row.icon !== undefined) item.iconPath = new vscode.ThemeIcon(row.icon.codicon, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
  return item;
}

function showAllItem(element: Extract<AgentsElement, { kind: 'showAll' }>): vscode.TreeItem {
  const item = new vscode.TreeItem(`Show All ${element.count}`);
  item.id = `showAll:${element.agentId}`;
  item.contextValue = 'showAll';
  item.command = { command: 'logos.showAllSessions', title: 'Show All', arguments: [element] };
  return item;
}
