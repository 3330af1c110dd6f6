import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../server/base/emitter.ts';
import type { Session } from '../../../server/protocol/sessions.ts';
import { createLogSubscribe } from '../../../server/rpc/logSubscriptions.ts';
import type { TopicSource, TopicSources } from '../../../server/rpc/services.ts';
import { TopicFeed } from '../../../server/rpc/topicFeed.ts';
import { sessionOf } from '../../support/fakeFeeds.ts';
import { connectInMemory, testToken } from '../../support/loopback.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const startId = id(99);

function createSources() {
  const changes = new Emitter<{ id: string; item?: Session }>();
  const items = new Map<string, Session>();
  const none = { list: async () => [], onChange: () => ({ dispose: () => undefined }) };
  let duringList = (): void => undefined;
  const sessions: TopicSource<'sessions'> = {
    list: async () => {
      const listed = [...items.values()];
      duringList();
      return listed;
    },
    onChange: (listener) => changes.on(listener),
  };
  const sources: TopicSources = { agents: none, sandboxes: none, models: none, sessions };
  const put = (session: Session): void => {
    items.set(session.id, session);
    changes.emit({ id: session.id, item: session });
  };
  return { sources, put, remove: (sessionId: string) => changes.emit({ id: sessionId }), onList: (action: () => void) => void (duringList = action) };
}

async function subscribed(source: ReturnType<typeof createSources>) {
  const feed = new TopicFeed(source.sources, startId);
  const pair = connectInMemory({ 'gateway/subscribe': feed.subscribe });
  await pair.client.initialize(testToken);
  return { ...pair, feed };
}

describe('TopicFeed', () => {
  it('answers with the asked lists and their revision, then tells each change with the next one', async () => {
    const source = createSources();
    const { client } = await subscribed(source);
    source.put(sessionOf(id(1)));
    expect(await client.request('gateway/subscribe', { subscriptionId: id(2), topics: ['sessions', 'agents'] })).toEqual({
      startId,
      agents: { revision: 0, items: [] },
      sessions: { revision: 1, items: [sessionOf(id(1))] },
    });
    source.put(sessionOf(id(3), { title: 'New' }));
    source.remove(id(1));
    await client.waitUntil(() => client.events('gateway/event').length === 2, 'two changes');
    expect(client.events('gateway/event')).toEqual([
      { subscriptionId: id(2), startId, revision: 2, change: { topic: 'sessions', id: id(3), item: sessionOf(id(3), { title: 'New' }) } },
      { subscriptionId: id(2), startId, revision: 3, change: { topic: 'sessions', id: id(1) } },
    ]);
  });

  it('tells a change that came while the list was read after the reply', async () => {
    const source = createSources();
    const { client } = await subscribed(source);
    source.onList(() => source.put(sessionOf(id(1))));
    const asked = client.begin('gateway/subscribe', { subscriptionId: id(2), topics: ['sessions'] });
    expect(await client.answer(asked)).toMatchObject({ sessions: { revision: 0, items: [] } });
    await client.waitUntil(() => client.events('gateway/event').length === 1, 'the change');
    expect(client.events('gateway/event')[0]).toMatchObject({ revision: 1 });
    expect(client.received.findIndex((m) => m.id === asked)).toBeLessThan(client.received.findIndex((m) => m.method === 'gateway/event'));
  });

  it('shows a slow reader a gap in the revisions, with the last change, once it reads again', async () => {
    const source = createSources();
    const { client, stream } = await subscribed(source);
    await client.request('gateway/subscribe', { subscriptionId: id(2), topics: ['sessions'] });
    stream.pause();
    for (let n = 0; n < 40; n++) source.put(sessionOf(id(1), { title: `${n}`.padEnd(1_000_000, 'x') }));
    await new Promise((resolve) => setImmediate(resolve));
    stream.resume();
    await client.waitUntil(() => client.events('gateway/event').at(-1)?.['revision'] === 40, 'the last change');
    expect(client.events('gateway/event').length).toBeLessThan(40);
  });

  it('gives no topic that was not asked for', async () => {
    const source = createSources();
    const { client } = await subscribed(source);
    await client.request('gateway/subscribe', { subscriptionId: id(2), topics: ['agents'] });
    source.put(sessionOf(id(1)));
    await client.request('gateway/subscribe', { subscriptionId: id(3), topics: ['sessions'] });
    source.put(sessionOf(id(4)));
    await client.waitUntil(() => client.events('gateway/event', id(3)).length === 1, 'the change');
    expect(client.events('gateway/event', id(2))).toEqual([]);
  });
});

describe('subscriptions of a connection', () => {
  it('are at most 256: the next is refused, until one ends', async () => {
    const { subscribe: subscribeTo } = new TopicFeed(createSources().sources, startId);
    const { client } = connectInMemory({ 'gateway/subscribe': subscribeTo, unsubscribe: async ({ subscriptionId }, { subscriptions }) => (subscriptions.close(subscriptionId), {}) });
    await client.initialize(testToken);
    const subscribe = (n: number) => client.request('gateway/subscribe', { subscriptionId: id(n), topics: ['sessions'] });
    for (let n = 1; n <= 256; n++) await subscribe(n);
    await expect(subscribe(257)).rejects.toMatchObject({ errorClass: 'limit_exceeded', details: { limit: 256 } });
    await client.request('unsubscribe', { subscriptionId: id(1) });
    await subscribe(257);
  });
});

describe('logs/subscribe', () => {
  it('sends new lines of the asked level and sources, after its reply', async () => {
    const log = createMemoryLog();
    const { client } = connectInMemory({ 'logs/subscribe': createLogSubscribe(log) });
    await client.initialize(testToken);
    log.write('error', 'store', 'before');
    await client.request('logs/subscribe', { subscriptionId: id(2), level: 'info', sources: ['store', 'exec'] });
    log.write('debug', 'store', 'too quiet');
    log.write('error', 'rpc', 'another source');
    log.write('info', 'store', 'wanted');
    log.write('error', 'exec', 'wanted too');
    await client.waitUntil(() => client.events('logs/entry').length === 2, 'two lines');
    expect(client.events('logs/entry').map((event) => (event['entry'] as { text: string }).text)).toEqual(['wanted', 'wanted too']);
  });

  it('leaves lines out for a reader that is behind, and says how many', async () => {
    const log = createMemoryLog();
    const { client, stream } = connectInMemory({ 'logs/subscribe': createLogSubscribe(log) });
    await client.initialize(testToken);
    await client.request('logs/subscribe', { subscriptionId: id(2) });
    stream.pause();
    for (let n = 0; n < 40; n++) log.write('info', 'exec', 'x'.repeat(1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
    stream.resume();
    await client.waitUntil(() => client.events('logs/entry').some((event) => /lines were left out/.test((event['entry'] as { text: string }).text)), 'the sentence');
    expect(client.events('logs/entry').length).toBeLessThan(40);
  });
});
