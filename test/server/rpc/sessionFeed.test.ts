import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionEventParams } from '../../../server/protocol/sessions.ts';
import { SessionFeed } from '../../../server/rpc/sessionFeed.ts';
import { MemoryEvents, sessionOf } from '../../support/fakeFeeds.ts';
import { connectInMemory, testToken } from '../../support/loopback.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';
import type { RpcClient } from '../../support/client/rpcClient.ts';

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const sessionId = id(1);

function feedOver(events: MemoryEvents) {
  const feed = new SessionFeed(events, createMemoryLog().of('rpc'));
  const connect = async () => {
    const pair = connectInMemory({
      'sessions/subscribe': feed.subscribe,
      unsubscribe: async ({ subscriptionId }, { subscriptions }) => {
        subscriptions.close(subscriptionId);
        return {};
      },
    });
    await pair.client.initialize(testToken);
    return pair;
  };
  return { feed, connect };
}

function filled(count: number): MemoryEvents {
  const events = new MemoryEvents(sessionId);
  for (let n = 0; n < count; n++) events.appendText(`t${n}`);
  return events;
}

const seqs = (client: RpcClient, subscriptionId: string): number[] => client.events('sessions/event', subscriptionId).map((event) => Number(event['seq']));
const until = (client: RpcClient, subscriptionId: string, seq: number): Promise<void> => client.waitUntil(() => seqs(client, subscriptionId).includes(seq), `event ${seq}`);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Each event names the one before it, and the first the place from which the subscription began. */
function expectChained(client: RpcClient, subscriptionId: string, from: number): void {
  let last = from;
  for (const event of client.events('sessions/event', subscriptionId)) {
    SessionEventParams.parse(event);
    expect(event['prev']).toBe(last);
    last = Number(event['seq']);
  }
}

describe('SessionFeed', () => {
  it('answers with a snapshot, then follows from its seq', async () => {
    const events = filled(5);
    const { client } = await feedOver(events).connect();
    const answer = await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    expect(answer).toMatchObject({ resumed: false, snapshot: { seq: 5 } });
    events.appendText('live');
    await until(client, id(2), 6);
    expect(seqs(client, id(2))).toEqual([6]);
    expectChained(client, id(2), 5);
    expect(events.opened).toEqual([sessionId]);
  });

  it('shows nobody what a model server wants back, live or replayed', async () => {
    const events = filled(1);
    const { client } = await feedOver(events).connect();
    await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId, after: 1 });
    const kept = { kept: { step: 1, route: 'r', message: { reasoning_content: 'secret' } } };
    const call = { partId: 'p1', callId: 'c', tool: 'read_file', title: 'a', args: {} };
    const message = { id: id(9), role: 'assistant' as const, parts: [{ kind: 'tool' as const, ...call, state: 'done' as const, output: '', startedAt: 1, ...kept }], origin: { kind: 'agent' as const, name: '' }, createdAt: 1 };
    events.append({ kind: 'tool.started', messageId: id(9), ...call, ...kept }, { kind: 'message.completed', message });
    await until(client, id(2), 3);
    await client.request('sessions/subscribe', { subscriptionId: id(3), sessionId, after: 1 });
    await until(client, id(3), 3);
    expect(JSON.stringify(client.received)).not.toContain('secret');
    expect(JSON.stringify(client.received)).toContain('read_file');
  });

  it('resumes after a seq over many pages, in order, after its reply', async () => {
    const events = filled(1700);
    const { client } = await feedOver(events).connect();
    const asked = client.begin('sessions/subscribe', { subscriptionId: id(2), sessionId, after: 3 });
    expect(await client.answer(asked)).toEqual({ resumed: true, at: expect.any(Number) as number });
    await until(client, id(2), 1700);
    expect(seqs(client, id(2))).toEqual(range(4, 1700));
    expect(client.received.findIndex((m) => m.id === asked)).toBeLessThan(client.received.findIndex((m) => m.method === 'sessions/event'));
    expectChained(client, id(2), 3);
  });

  it('gives a snapshot when the seq is not known', async () => {
    const { client } = await feedOver(filled(5)).connect();
    expect(await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId, after: 99 })).toMatchObject({ resumed: false });
  });

  it('gives each event once and in order, wherever the reader starts and whatever happens while the store is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1200 }),
        fc.option(fc.nat(1300), { nil: undefined }),
        fc.array(fc.constantFrom('append', 'append many', 'fold', 'flood'), { maxLength: 5 }),
        async (count, after, steps) => {
          const events = filled(count);
          const { connect } = feedOver(events);
          const { client } = await connect();
          const rest = [...steps];
          const step = (): void => {
            const next = rest.shift();
            if (next === 'append') events.appendText('x');
            if (next === 'append many') for (let n = 0; n < 40; n++) events.appendText('y');
            if (next === 'flood') for (let n = 0; n < 1300; n++) events.appendText('z');
            if (next === 'fold') events.fold();
          };
          events.duringRead = step;
          const answer = await client.request<{ resumed: boolean; snapshot?: { seq: number } }>('sessions/subscribe', {
            subscriptionId: id(2),
            sessionId,
            ...(after === undefined ? {} : { after }),
          });
          while (rest.length > 0) step();
          events.fold();
          await until(client, id(2), events.seq);
          const got = seqs(client, id(2));
          expect(got).toEqual([...new Set(got)].toSorted((a, b) => a - b));
          expectChained(client, id(2), answer.resumed ? (after ?? 0) : (answer.snapshot?.seq ?? 0));
          const stored = await events.eventsAfter(sessionId, 0, Infinity);
          const start = answer.resumed ? (after ?? 0) : (answer.snapshot?.seq ?? 0);
          expect(got).toEqual(expect.arrayContaining((stored ?? []).map(({ seq }) => seq).filter((seq) => seq > start)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('serves two clients, and one client twice, without their knowing of each other', async () => {
    const events = filled(2);
    const { connect } = feedOver(events);
    const [first, second] = [await connect(), await connect()];
    await first.client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    await first.client.request('sessions/subscribe', { subscriptionId: id(3), sessionId, after: 0 });
    await second.client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    await first.client.request('unsubscribe', { subscriptionId: id(2) });
    await first.client.request('unsubscribe', { subscriptionId: id(2) });
    events.appendText('live');
    await Promise.all([until(first.client, id(3), 3), until(second.client, id(2), 3)]);
    expect(seqs(first.client, id(2))).toEqual([]);
    expect(seqs(first.client, id(3))).toEqual([1, 2, 3]);
    expect(seqs(second.client, id(2))).toEqual([3]);
  });

  it('refuses a subscription id in use with conflict, and an unknown session with not_found, whose id is free again', async () => {
    const { client } = await feedOver(filled(1)).connect();
    await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    await expect(client.request('sessions/subscribe', { subscriptionId: id(2), sessionId })).rejects.toMatchObject({ errorClass: 'conflict' });
    await expect(client.request('sessions/subscribe', { subscriptionId: id(3), sessionId: id(8) })).rejects.toMatchObject({ errorClass: 'not_found' });
    await expect(client.request('sessions/subscribe', { subscriptionId: id(3), sessionId })).resolves.toMatchObject({ resumed: false });
  });

  it('ends a subscriber that is more than 16 MiB behind with a reset, and delays no other', async () => {
    const events = filled(1);
    const { connect } = feedOver(events);
    const [slow, quick] = [await connect(), await connect()];
    for (const { client } of [slow, quick]) await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    slow.stream.pause();
    const text = 'x'.repeat(500_000);
    for (let n = 0; n < 40; n++) {
      events.appendText(text);
      await until(quick.client, id(2), events.seq);
    }
    slow.stream.resume();
    await slow.client.waitFor((message) => message.method === 'sessions/reset', 'the reset');
    expect(slow.client.events('sessions/reset')).toEqual([{ subscriptionId: id(2), sessionId, reason: 'behind' }]);
    expect(seqs(slow.client, id(2))).toEqual(range(2, seqs(slow.client, id(2)).length + 1));
    expect(seqs(slow.client, id(2)).length).toBeLessThan(40);
    expect(quick.client.events('sessions/reset')).toEqual([]);
    await expect(slow.client.request('sessions/subscribe', { subscriptionId: id(2), sessionId })).resolves.toMatchObject({ resumed: false, snapshot: { seq: 41 } });
  });

  it('replays a long history to a slow reader without calling it slow', async () => {
    const events = filled(0);
    for (let n = 0; n < 60; n++) events.appendText('x'.repeat(500_000));
    const { client, stream } = await feedOver(events).connect();
    const asked = client.request('sessions/subscribe', { subscriptionId: id(2), sessionId, after: 0 });
    await asked;
    stream.pause();
    await new Promise((resolve) => setImmediate(resolve));
    stream.resume();
    await until(client, id(2), 60);
    expect(seqs(client, id(2))).toEqual(range(1, 60));
    expect(client.events('sessions/reset')).toEqual([]);
  });

  it('tells the end of a deleted session with its last event and a reset', async () => {
    const events = filled(1);
    const { client } = await feedOver(events).connect();
    await client.request('sessions/subscribe', { subscriptionId: id(2), sessionId });
    events.append({ kind: 'session.changed', session: sessionOf(sessionId, { deletedAt: 5 }) });
    await client.waitFor((message) => message.method === 'sessions/reset', 'the reset');
    expect(client.events('sessions/reset')[0]).toMatchObject({ reason: 'deleted' });
    events.appendText('nobody hears');
    await expect(client.request('sessions/subscribe', { subscriptionId: id(3), sessionId })).resolves.toBeDefined();
    expect(seqs(client, id(2))).toEqual([2]);
  });
});
