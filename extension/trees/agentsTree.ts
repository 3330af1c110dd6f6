import * as vscode from 'vscode';
import { agentStateBeside } from '../../server/protocol/agentState.ts';
import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import type { SessionPages } from '../topics/sessionPages.ts';
import type { TopicsFeed, TopicsNews } from '../topics/topicsFeed.ts';
import { agentsByName, sessionsOf } from '../topics/topicsQueries.ts';
import { agentTooltip } from './agentTooltip.ts';
import { agentRow, deletedRow, moreRow, sessionRow, type Row } from './rows.ts';

/** What stands in the tree. One object per id, because VS Code knows elements by identity. */
export type AgentsElement =
  | { readonly kind: 'agent'; readonly agentId: string }
  | { readonly kind: 'session' | 'deleted'; readonly agentId: string; readonly sessionId: string }
  | { readonly kind: 'showAll' | 'showAllDeleted'; readonly agentId: string };

/** What the chat shows; without a session it is a new one. */
interface OpenChat {
  readonly agentId: string;
  readonly sessionId: string | undefined;
}

/** Rows below an agent before more are asked for. */
const SHOWN_SESSIONS = 5;
/** Rows that come with each click on the row for more: as many as one request lists. */
const MORE_SESSIONS = 500;

/** The Agents tree: agents by name with their sessions, fed by the topics; refreshes the smallest element that changed. */
export class AgentsTree implements vscode.TreeDataProvider<AgentsElement>, Disposable {
  readonly #feed: TopicsFeed;
  readonly #pages: SessionPages;
  readonly #changed = new vscode.EventEmitter<AgentsElement | undefined>();
  readonly #owned = new DisposableStore();
  readonly #elements = new Map<string, AgentsElement>();
  /** How many rows stand below an agent, by the kind of the row that asks for more. */
  readonly #shown = { showAll: new Map<string, number>(), showAllDeleted: new Map<string, number>() };
  /** The rows below each agent as VS Code last asked for them, to know whether a row keeps its place. */
  readonly #orders = new Map<string, string>();
  #showsDeleted = false;
  /** What the chat shows. */
  #open: OpenChat | undefined;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(feed: TopicsFeed, pages: SessionPages) {
    this.#feed = feed;
    this.#pages = pages;
    this.#owned.add(this.#changed);
    this.#owned.add(feed.onDidChange((news) => this.#refresh(news)));
  }

  getChildren(element?: AgentsElement): AgentsElement[] | Promise<AgentsElement[]> {
    const { state } = this.#feed;
    if (element === undefined) return agentsByName(state).map((agent) => this.#agentElement(agent.id));
    if (element.kind !== 'agent') return [];
    const { agentId } = element;
    const reading = [this.#pages.needSessions(agentId, this.#shownOf('showAll', agentId)), this.#showsDeleted ? this.#pages.needDeleted(agentId, this.#shownOf('showAllDeleted', agentId)) : undefined];
    const underWay = reading.filter((read) => read !== undefined);
    return underWay.length === 0 ? this.#listRows(agentId) : Promise.all(underWay).then(() => this.#listRows(agentId));
  }

  getParent(element: AgentsElement): AgentsElement | undefined {
    return element.kind === 'agent' ? undefined : this.#agentElement(element.agentId);
  }

  getTreeItem(element: AgentsElement): vscode.TreeItem {
    switch (element.kind) {
      case 'agent':
        return this.#agentItem(element, this.#feed.state.agents.get(element.agentId));
      case 'session':
        return this.#sessionItem(element, this.#feed.state.sessions.get(element.sessionId));
      case 'deleted':
        return this.#deletedItem(element);
      default:
        return this.#moreItem(element);
    }
  }

  /** Makes the tooltip of an agent when it is wanted. */
  resolveTreeItem(item: vscode.TreeItem, element: AgentsElement): vscode.TreeItem {
    const agent = this.#feed.state.agents.get(element.agentId);
    if (element.kind === 'agent' && agent !== undefined) item.tooltip = agentTooltip(agent, this.#feed.isLive);
    return item;
  }

  /** Shows more sessions of an agent, or more of its deleted ones. */
  showMore(agentId: string, kind: 'showAll' | 'showAllDeleted' = 'showAll'): void {
    this.#shown[kind].set(agentId, this.#shownOf(kind, agentId) + MORE_SESSIONS);
    this.#changed.fire(this.#agentElement(agentId));
  }

  get showsDeleted(): boolean {
    return this.#showsDeleted;
  }

  set showsDeleted(showsDeleted: boolean) {
    this.#showsDeleted = showsDeleted;
    this.#changed.fire(undefined);
  }

  /** Says which session is open, so that it has a row however old it is; gives the row, or that of its agent when it has none. */
  setOpen(agentId: string, sessionId: string | undefined): AgentsElement | undefined {
    const before = this.#open;
    this.#open = { agentId, sessionId };
    // Where a new session is looked at, what became of another does not colour the row of the agent.
    for (const id of new Set([before?.agentId, agentId])) if (this.#isBegunAnew(id, before) !== this.#isBegunAnew(id, this.#open)) this.#redraw(id);
    if (!this.#feed.state.agents.has(agentId)) return undefined;
    if (before?.sessionId !== sessionId && this.#orders.has(agentId) && this.#orders.get(agentId) !== orderOf(this.#rowsOf(agentId))) this.#changed.fire(this.#agentElement(agentId));
    return this.#rowsOf(agentId).find((row) => 'sessionId' in row && row.sessionId === sessionId) ?? this.#agentElement(agentId);
  }

  /** The rows just above and below a row of an agent: VS Code moves the keyboard to one of them when that row goes. */
  neighboursOf(element: AgentsElement): AgentsElement[] {
    const rows = this.#rowsOf(element.agentId);
    const at = rows.indexOf(element);
    return rows.filter((_row, index) => at !== -1 && Math.abs(index - at) === 1);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #agentItem(element: AgentsElement, agent: Agent | undefined): vscode.TreeItem {
    if (agent === undefined) return new vscode.TreeItem('');
    const state = this.#isBegunAnew(agent.id, this.#open) ? agentStateBeside(agent, undefined, this.#feed.state.sandboxes.get(agent.id)) : agent.state;
    const item = itemOf(agentRow({ ...agent, state }, this.#feed.isLive));
    item.id = `agent:${element.agentId}`;
    item.command = { command: 'logos.openAgent', title: 'Open', arguments: [element] };
    const hasRows = this.#pages.countOf(agent.id) > 0 || (this.#showsDeleted && this.#pages.deletedCountOf(agent.id) > 0);
    item.collapsibleState = hasRows ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
    return item;
  }

  #sessionItem(element: Extract<AgentsElement, { sessionId: string }>, session: Session | undefined): vscode.TreeItem {
    const item = session === undefined ? new vscode.TreeItem('') : itemOf(sessionRow(session, Date.now(), this.#feed.isLive));
    item.id = `session:${element.sessionId}`;
    item.command = { command: 'logos.openSession', title: 'Open', arguments: [element] };
    return item;
  }

  #deletedItem(element: Extract<AgentsElement, { sessionId: string }>): vscode.TreeItem {
    const session = this.#pages.deletedOf(element.agentId).find(({ id }) => id === element.sessionId);
    const item = session === undefined ? new vscode.TreeItem('') : itemOf(deletedRow(session, Date.now()));
    item.id = `deleted:${element.sessionId}`;
    item.command = { command: 'logos.openSession', title: 'Open', arguments: [element] };
    return item;
  }

  #moreItem(element: Extract<AgentsElement, { kind: 'showAll' | 'showAllDeleted' }>): vscode.TreeItem {
    const { agentId, kind } = element;
    const count = kind === 'showAll' ? this.#pages.countOf(agentId) : this.#pages.deletedCountOf(agentId);
    const item = itemOf(moreRow({ count, shown: this.#shownOf(kind, agentId), step: MORE_SESSIONS, isDeleted: kind === 'showAllDeleted' }));
    item.id = `${kind}:${agentId}`;
    item.command = { command: 'logos.showAllSessions', title: 'Show All', arguments: [element] };
    return item;
  }

  #shownOf(kind: 'showAll' | 'showAllDeleted', agentId: string): number {
    return this.#shown[kind].get(agentId) ?? SHOWN_SESSIONS;
  }

  #listRows(agentId: string): AgentsElement[] {
    const rows = this.#rowsOf(agentId);
    this.#orders.set(agentId, orderOf(rows));
    return rows;
  }

  /** The most recent sessions, the open one even when it is older, the deleted ones, and a row for more after each. */
  #rowsOf(agentId: string): AgentsElement[] {
    const shown = this.#shownOf('showAll', agentId);
    const sessions = sessionsOf(this.#feed.state, agentId).filter(({ id }, index) => index < shown || id === this.#open?.sessionId);
    const rows = sessions.map(({ id }) => this.#element(`session:${id}`, { kind: 'session', agentId, sessionId: id }));
    if (this.#pages.countOf(agentId) > sessions.length) rows.push(this.#element(`showAll:${agentId}`, { kind: 'showAll', agentId }));
    return this.#showsDeleted ? [...rows, ...this.#deletedRows(agentId)] : rows;
  }

  #deletedRows(agentId: string): AgentsElement[] {
    const sessions = this.#pages.deletedOf(agentId).slice(0, this.#shownOf('showAllDeleted', agentId));
    const rows = sessions.map(({ id }) => this.#element(`deleted:${id}`, { kind: 'deleted', agentId, sessionId: id }));
    if (this.#pages.deletedCountOf(agentId) > sessions.length && sessions.length > 0) rows.push(this.#element(`showAllDeleted:${agentId}`, { kind: 'showAllDeleted', agentId }));
    return rows;
  }

  #refresh(news: TopicsNews): void {
    if (news.kind === 'all') return this.#changed.fire(undefined);
    // Whoever reads sessions is about to list the rows.
    if (news.kind === 'listed') return;
    if (news.topic === 'agents') this.#refreshAgent(news.id, news.before as Agent | undefined);
    if (news.topic === 'sessions') this.#refreshSession(news.id, news.before as Session | undefined);
    if (news.topic === 'sandboxes' && this.#isBegunAnew(news.id, this.#open)) this.#redraw(news.id);
  }

  /** Whether the chat shows a new session of an agent. */
  #isBegunAnew(agentId: string | undefined, open: OpenChat | undefined): boolean {
    return open !== undefined && open.agentId === agentId && open.sessionId === undefined;
  }

  #redraw(agentId: string | undefined): void {
    if (agentId !== undefined && this.#feed.state.agents.has(agentId)) this.#changed.fire(this.#agentElement(agentId));
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
    this.#changed.fire(keepsPlace ? this.#element(`session:${sessionId}`, { kind: 'session', agentId, sessionId }) : this.#agentElement(agentId));
  }

  #agentElement(agentId: string): AgentsElement {
    return this.#element(`agent:${agentId}`, { kind: 'agent', agentId });
  }

  #element(key: string, made: AgentsElement): AgentsElement {
    const known = this.#elements.get(key) ?? made;
    this.#elements.set(key, known);
    return known;
  }
}

function orderOf(rows: readonly AgentsElement[]): string {
  return rows.map((row) => (row.kind === 'session' || row.kind === 'deleted' ? row.sessionId : row.kind)).join(' ');
}

function itemOf(row: Row): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label);
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.spoken };
  if (row.icon !== undefined) item.iconPath = new vscode.ThemeIcon(row.icon.codicon, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color));
  return item;
}
