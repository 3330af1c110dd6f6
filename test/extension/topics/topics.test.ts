import { beforeEach, describe, expect, it } from 'vitest';
import { TopicsFeed, type TopicsNews } from '../../../extension/topics/topicsFeed.ts';
import { agentsByName, sessionsOf, withOlderSessions } from '../../../extension/topics/topicsQueries.ts';
import { topicsOf } from '../../../server/protocol/topics.ts';
import { FakeGatewayPort, lostAt } from '../../support/extension/fakeGatewayPort.ts';
import { agentOf, idOf, sessionOf } from '../../support/extension/things.ts';

const startId = idOf(500);
const lists = () => ({ startId, agents: { revision: 4, items: [agentOf(2, { name: 'Beta' }), agentOf(1, { name: 'alpha' })] }, sessions: { revision: 1, items: [sessionOf(10, 1)] } });
const agentEvent = (revision: number, name = 'Gamma') => ({ startId, revision, change: { topic: 'agents', id: idOf(3), item: agentOf(3, { name }) } as const });

describe('the state of the topics', () => {
  it('lists agents by name, whatever their case', () => {
    expect(agentsByName(topicsOf(lists())).map(({ name }) => name)).toEqual(['alpha', 'Beta']);
  });

  it('shows an agent its own sessions, newest first, without deleted ones', () => {
    const state = withOlderSessions(topicsOf(lists()), [sessionOf(11, 1, { updatedAt: 5_000 }), sessionOf(12, 1, { deletedAt: 1 }), sessionOf(13, 2)]);
    expect(sessionsOf(state, idOf(1)).map(({ id }) => id)).toEqual([idOf(11), idOf(10)]);
  });

  it('keeps what events told over what an older list says', () => {
    const state = withOlderSessions(topicsOf(lists()), [sessionOf(10, 1, { title: 'old' })]);
    expect(state.sessions.get(idOf(10))?.title).toBe('Session 10');
  });
});

describe('the feed of the topics', () => {
  let gateway: FakeGatewayPort;
  let news: TopicsNews[];
  let feed: TopicsFeed;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const subscriptionId = () => [...gateway.routes.keys()][0] ?? '';

  beforeEach(async () => {
    gateway = new FakeGatewayPort();
    gateway.answers.set('gateway/subscribe', lists);
    news = [];
    feed = new TopicsFeed(gateway, () => undefined);
    feed.onDidChange((one) => news.push(one));
    await settle();
  });

  it('begins with the lists', () => {
    expect([feed.isLive, feed.state.agents.size, news]).toEqual([true, 2, [{ kind: 'all' }]]);
  });

  it('tells which one thing changed', () => {
    gateway.send('gateway/event', { subscriptionId: subscriptionId(), ...agentEvent(5) });
    expect(news.at(-1)).toMatchObject({ kind: 'one', topic: 'agents', id: idOf(3) });
  });

  it('asks for the lists again after a gap, and ends the subscription that had it', async () => {
    const before = subscriptionId();
    gateway.send('gateway/event', { subscriptionId: before, ...agentEvent(9) });
    await settle();
    expect(gateway.methods().filter((method) => method === 'gateway/subscribe')).toHaveLength(2);
    expect(gateway.asked.find(({ method }) => method === 'unsubscribe')?.params).toEqual({ subscriptionId: before });
  });

  it('keeps the last known state while the gateway is away, and says that it is not live', () => {
    gateway.become(lostAt(1));
    expect([feed.isLive, feed.state.agents.size, news.at(-1)]).toEqual([false, 2, { kind: 'all' }]);
  });

  it('ignores events that have no envelope', () => {
    gateway.send('gateway/event', { subscriptionId: subscriptionId(), revision: 5 });
    gateway.send('gateway/event', { subscriptionId: subscriptionId(), startId, revision: 5, change: null });
    expect(news).toHaveLength(1);
  });

  it('leaves nothing behind', () => {
    feed.dispose();
    expect([gateway.listenerCount, gateway.routes.size]).toEqual([0, 0]);
  });
});
