import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { TopicsFeed } from '../../extension/topics/topicsFeed.ts';
import { AgentsTree, type AgentsElement } from '../../extension/trees/agentsTree.ts';
import { agentTooltip } from '../../extension/trees/agentTooltip.ts';
import { FakeGatewayPort, lostAt } from '../support/extension/fakeGatewayPort.ts';
import { agentOf, idOf, sessionOf } from '../support/extension/things.ts';

const startId = idOf(500);

describe('the tree of agents', () => {
  let gateway: FakeGatewayPort;
  let feed: TopicsFeed;
  let tree: AgentsTree;
  let fired: (AgentsElement | undefined)[];
  let revisions: Record<string, number>;

  beforeEach(async () => {
    gateway = new FakeGatewayPort();
    fired = [];
    revisions = { agents: 1, sessions: 1 };
    const sessions = Array.from({ length: 8 }, (_, index) => sessionOf(10 + index, 1, { updatedAt: 1_000 - index }));
    gateway.answers.set('gateway/subscribe', () => ({ startId, agents: { revision: 1, items: [agentOf(1), agentOf(2)] }, sessions: { revision: 1, items: sessions } }));
    feed = new TopicsFeed(gateway, () => undefined);
    tree = new AgentsTree(feed);
    tree.onDidChangeTreeData((element) => fired.push(element));
    await new Promise((resolve) => setImmediate(resolve));
    for (const element of tree.getChildren()) tree.getChildren(element);
    fired.length = 0;
  });
  afterEach(() => {
    tree.dispose();
    feed.dispose();
  });

  const change = (topic: 'agents' | 'sessions', id: string, item?: unknown) => {
    const subscriptionId = [...gateway.routes.keys()][0] ?? '';
    revisions[topic] = (revisions[topic] ?? 0) + 1;
    gateway.send('gateway/event', { subscriptionId, startId, revision: revisions[topic], change: { topic, id, item } });
  };
  const first = () => tree.getChildren()[0] as AgentsElement;

  it('shows agents by name, and chevrons only where there is something below', () => {
    const items = tree.getChildren().map((element) => tree.getTreeItem(element));
    assert.deepEqual(items.map(({ label }) => label), ['Agent 1', 'Agent 2']);
    assert.deepEqual(items.map(({ collapsibleState }) => collapsibleState), [vscode.TreeItemCollapsibleState.Collapsed, vscode.TreeItemCollapsibleState.None]);
  });

  it('shows five sessions and how many there are, and all of them when asked', () => {
    const rows = tree.getChildren(first());
    assert.equal(rows.length, 6);
    assert.equal(tree.getTreeItem(rows[5] as AgentsElement).label, 'Show All 8');
    tree.showAll(idOf(1));
    assert.deepEqual(fired, [first()]);
    assert.equal(tree.getChildren(first()).length, 8);
  });

  it('gives each row an id and an identity that stay', () => {
    const before = tree.getChildren();
    change('agents', idOf(1), agentOf(1, { state: 'working' }));
    assert.equal(tree.getChildren()[0], before[0]);
    assert.equal(tree.getTreeItem(first()).id, `agent:${idOf(1)}`);
    assert.equal(tree.getTreeItem(first()).contextValue, 'agent.working');
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

  it('keeps its rows while the gateway is away, none of them looking ready', () => {
    gateway.become(lostAt(1));
    assert.equal(tree.getTreeItem(first()).contextValue, 'agent.stale');
    assert.equal((tree.getTreeItem(first()).iconPath as vscode.ThemeIcon).id, 'history');
  });

  it('makes tooltips only when they are wanted, and lets no name be markup', () => {
    const item = tree.getTreeItem(first());
    assert.equal(item.tooltip, undefined);
    assert.ok(tree.resolveTreeItem(item, first()).tooltip instanceof vscode.MarkdownString);
    const { value, isTrusted } = agentTooltip(agentOf(1, { name: '[x](command:y) <img>' }), true);
    assert.ok(value.includes('\\[x\\]\\(command:y\\) &lt;img&gt;'), value);
    assert.ok(isTrusted !== true);
  });
});
