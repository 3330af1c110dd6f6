import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { SessionPages } from '../../extension/topics/sessionPages.ts';
import { TopicsFeed } from '../../extension/topics/topicsFeed.ts';
import { AgentsTree, type AgentsElement } from '../../extension/trees/agentsTree.ts';
import { agentTooltip } from '../../extension/trees/agentTooltip.ts';
import { FakeGatewayPort, lostAt } from '../support/extension/fakeGatewayPort.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { agentOf, idOf, sessionOf } from '../support/extension/things.ts';

const startId = idOf(500);

describe('the tree of agents', () => {
  let gateway: FakeGatewayPort;
  let feed: TopicsFeed;
  let pages: SessionPages;
  let tree: AgentsTree;
  let stored: Session[];
  let fired: (AgentsElement | undefined)[];
  let revisions: Record<string, number>;

  beforeEach(async () => {
    gateway = new FakeGatewayPort();
    fired = [];
    revisions = { agents: 1, sessions: 1 };
    const sessions = Array.from({ length: 8 }, (_, index) => sessionOf(10 + index, 1, { updatedAt: 1_000 - index }));
    stored = [];
    gateway.answers.set('sessions/list', listStored);
    gateway.answers.set('gateway/subscribe', () => ({ startId, agents: { revision: 1, items: [agentOf(1, { sessionCount: 8 }), agentOf(2)] }, sessions: { revision: 1, items: sessions } }));
    feed = new TopicsFeed(gateway, () => undefined);
    pages = new SessionPages(gateway, feed, () => undefined);
    tree = new AgentsTree(feed, pages);
    tree.onDidChangeTreeData((element) => fired.push(element));
    await new Promise((resolve) => setImmediate(resolve));
    for (const element of await children()) await children(element);
    fired.length = 0;
  });
  afterEach(() => {
    tree.dispose();
    pages.dispose();
    feed.dispose();
  });

  const change = (topic: 'agents' | 'sessions', id: string, item?: unknown) => {
    const subscriptionId = [...gateway.routes.keys()][0] ?? '';
    revisions[topic] = (revisions[topic] ?? 0) + 1;
    gateway.send('gateway/event', { subscriptionId, startId, revision: revisions[topic], change: { topic, id, item } });
  };
  const children = async (element?: AgentsElement) => await tree.getChildren(element);
  const first = async () => (await children())[0] as AgentsElement;
  const labels = async (element: AgentsElement) => (await children(element)).map((row) => tree.getTreeItem(row).label);

  /** Answers as the gateway does, by pages. */
  function listStored({ agentId, onlyDeleted, limit, cursor }: Record<string, unknown>): object {
    const all = stored.filter((session) => session.agentId === agentId && (session.deletedAt !== undefined) === (onlyDeleted === true));
    const from = Number(cursor ?? 0);
    const to = from + Number(limit);
    return { items: all.slice(from, to), ...(to < all.length ? { nextCursor: String(to) } : {}) };
  }

  it('shows agents by name, and chevrons only where there is something below', async () => {
    const items = (await children()).map((element) => tree.getTreeItem(element));
    assert.deepEqual(items.map(({ label }) => label), ['Agent 1', 'Agent 2']);
    assert.deepEqual(items.map(({ collapsibleState }) => collapsibleState), [vscode.TreeItemCollapsibleState.Collapsed, vscode.TreeItemCollapsibleState.None]);
  });

  it('shows five sessions and how many there are, and all of them when asked', async () => {
    assert.deepEqual((await labels(await first())).slice(4), ['Session 14', 'Show All 8']);
    tree.showMore(idOf(1));
    assert.deepEqual(fired, [await first()]);
    assert.equal((await children(await first())).length, 8);
  });

  it('reaches every session of an agent whose sessions are older than all that the topics tell of', async () => {
    stored = Array.from({ length: 1_203 }, (_, index) => sessionOf(1_000 + index, 2, { updatedAt: 900 - index }));
    change('agents', idOf(2), agentOf(2, { sessionCount: 1_203 }));
    const second = (await children())[1] as AgentsElement;
    assert.equal(tree.getTreeItem(second).collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
    const more = (await children(second))[5] as AgentsElement;
    assert.equal((await children(second)).length, 6);
    assert.deepEqual([tree.getTreeItem(more).label, tree.getTreeItem(more).description], ['Show More', '5 of 1,203 shown']);
    tree.showMore(idOf(2));
    tree.showMore(idOf(2));
    assert.equal((await labels(second)).at(-1), 'Show All 1,203');
    tree.showMore(idOf(2));
    assert.deepEqual([(await labels(second)).length, (await labels(second)).at(-1)], [1_203, 'Session 2202']);
  });

  it('asks again for older sessions after it was away, and not more often than that', async () => {
    stored = [sessionOf(50, 2), sessionOf(51, 2)];
    change('agents', idOf(2), agentOf(2, { sessionCount: 2 }));
    const second = (await children())[1] as AgentsElement;
    for (let look = 0; look < 3; look += 1) assert.equal((await children(second)).length, 2);
    assert.equal(gateway.methods().filter((method) => method === 'sessions/list').length, 1);
    const connected = gateway.state;
    gateway.become(lostAt(1));
    assert.equal((await children(second)).length, 2);
    gateway.answers.set('gateway/subscribe', () => ({ startId, agents: { revision: 9, items: [agentOf(2, { sessionCount: 2 })] }, sessions: { revision: 9, items: [] } }));
    gateway.become(connected);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await children(second)).length, 2);
    assert.equal(gateway.methods().filter((method) => method === 'sessions/list').length, 2);
  });

  it('shows deleted sessions below the others only when asked, with the icon of the bin, and what came back among the others again', async () => {
    stored = [sessionOf(90, 1, { title: 'Gone', deletedAt: 950 })];
    change('agents', idOf(1), agentOf(1, { sessionCount: 8, deletedSessionCount: 1 }));
    assert.ok(!(await labels(await first())).includes('Gone'));
    tree.showsDeleted = true;
    const row = (await children(await first())).at(-1) as AgentsElement;
    const item = tree.getTreeItem(row);
    assert.deepEqual([row.kind, item.label, item.contextValue, (item.iconPath as vscode.ThemeIcon).id], ['deleted', 'Gone', 'deletedSession', 'trash']);
    assert.deepEqual([item.command?.command, item.command?.arguments], ['logos.openSession', [row]]);
    assert.deepEqual(tree.setOpen(idOf(1), idOf(90)), row);
    assert.deepEqual(tree.neighboursOf((await children(await first()))[0] as AgentsElement).map((beside) => tree.getTreeItem(beside).label), ['Session 11']);
    const there = gateway.state;
    gateway.become(lostAt(1_000));
    assert.ok((await labels(await first())).includes('Gone'));
    gateway.become(there);
    await new Promise((resolve) => setImmediate(resolve));
    revisions = { agents: 1, sessions: 1 };
    stored = [];
    change('agents', idOf(1), agentOf(1, { sessionCount: 8, deletedSessionCount: 1 }));
    change('sessions', idOf(90), sessionOf(90, 1, { title: 'Gone', updatedAt: 9_000 }));
    change('agents', idOf(1), agentOf(1, { sessionCount: 9, deletedSessionCount: 0 }));
    assert.deepEqual((await labels(await first())).filter((label) => label === 'Gone').length, 1);
    assert.equal((await children(await first()))[0]?.kind, 'session');
  });

  it('does not call an agent failed for a session before the new one that the chat shows', async () => {
    change('agents', idOf(1), agentOf(1, { state: 'failed', sessionCount: 8 }));
    const icon = async () => (tree.getTreeItem(await first()).iconPath as vscode.ThemeIcon).id;
    assert.equal(await icon(), 'error');
    fired.length = 0;
    tree.setOpen(idOf(1), undefined);
    assert.deepEqual([fired, await icon()], [[await first()], 'circle-large']);
    tree.setOpen(idOf(1), idOf(10));
    assert.equal(await icon(), 'error');
  });

  it('has a row for the open session however old it is', async () => {
    assert.ok(!(await labels(await first())).includes('Session 17'));
    assert.deepEqual(tree.setOpen(idOf(1), idOf(17)), { kind: 'session', agentId: idOf(1), sessionId: idOf(17) });
    assert.deepEqual(fired, [await first()]);
    assert.deepEqual((await labels(await first())).slice(4), ['Session 14', 'Session 17', 'Show All 8']);
    assert.deepEqual(tree.setOpen(idOf(1), undefined), await first());
  });

  it('gives each row an id and an identity that stay', async () => {
    const before = await children();
    change('agents', idOf(1), agentOf(1, { state: 'working' }));
    assert.equal((await children())[0], before[0]);
    assert.equal(tree.getTreeItem(await first()).id, `agent:${idOf(1)}`);
    assert.equal(tree.getTreeItem(await first()).contextValue, 'agent.working');
  });

  it('refreshes the one agent that changed, and all of them when one came, went or was renamed', () => {
    change('agents', idOf(2), agentOf(2, { state: 'working' }));
    assert.deepEqual(fired, [{ kind: 'agent', agentId: idOf(2) }]);
    fired.length = 0;
    change('agents', idOf(2), agentOf(2, { name: 'Abel' }));
    change('agents', idOf(3), agentOf(3));
    change('agents', idOf(3));
    assert.deepEqual(fired, [undefined, undefined, undefined]);
  });

  it('refreshes the one session that changed in its place, and its agent when the order changed', () => {
    change('sessions', idOf(10), sessionOf(10, 1, { updatedAt: 2_000, state: 'working' }));
    assert.deepEqual(fired, [{ kind: 'session', agentId: idOf(1), sessionId: idOf(10) }]);
    fired.length = 0;
    change('sessions', idOf(12), sessionOf(12, 1, { updatedAt: 3_000 }));
    assert.deepEqual(fired, [{ kind: 'agent', agentId: idOf(1) }]);
  });

  it('keeps its rows while the gateway is away, none of them looking ready', async () => {
    gateway.become(lostAt(1));
    assert.equal(tree.getTreeItem(await first()).contextValue, 'agent.stale');
    assert.equal((tree.getTreeItem(await first()).iconPath as vscode.ThemeIcon).id, 'history');
  });

  it('makes tooltips only when they are wanted, and lets no name be markup', async () => {
    const item = tree.getTreeItem(await first());
    assert.equal(item.tooltip, undefined);
    assert.ok(tree.resolveTreeItem(item, await first()).tooltip instanceof vscode.MarkdownString);
    const { value, isTrusted } = agentTooltip(agentOf(1, { name: '[x](command:y) <img>' }), true);
    assert.ok(value.includes('\\[x\\]\\(command:y\\) &lt;img&gt;'), value);
    assert.ok(isTrusted !== true);
  });
});
