import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import type { GatewayStatus } from '../../server/protocol/gateway.ts';
import { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { times } from './times.ts';

/** Two MiB of text in one answer; with every event sent to eight subscriptions it is more than a client may lag behind. */
const flood = { steps: [{ text: `${'x'.repeat(1_023)} `.repeat(2_048) }, { finish: 'stop' }, { done: true as const }] };

/** 64 MiB for what is unread, and as much again for what the collector has not swept yet. */
const mostBytes = 128 * 1_048_576;

describe('A client that stops reading', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    await gateway.model.post('flood', flood);
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  it('delays no other client and no turn, and is told to begin again when it reads on', async () => {
    const watch = await gateway.newSession();
    const other = await gateway.newSession();
    await other.ask('[[say:warm]]');
    const { client, socket } = await gateway.process.connectRaw();
    await client.initialize(gateway.process.pointer.token, 'slow client');
    for (let n = 0; n < 8; n += 1) await client.request('sessions/subscribe', { subscriptionId: v7(), sessionId: watch.sessionId });
    socket.pause();

    const turnId = await watch.send('[[scenario:flood]]');
    const answerMs: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const askedAt = performance.now();
      expect(await other.ask(`[[say:meanwhile ${n}]]`)).toMatchObject({ outcome: 'completed', text: `meanwhile ${n}` });
      answerMs.push(performance.now() - askedAt);
    }
    const end = await watch.ended(turnId, 60_000);
    expect(end.outcome).toBe('completed');
    expect(end.text.length).toBe(2 * 1_048_576);
    times('a turn beside a client that does not read', answerMs);

    socket.resume();
    await client.waitUntil(() => client.events('sessions/reset').length > 0, 'sessions/reset', 20_000);
    expect(client.events('sessions/reset')[0]).toMatchObject({ sessionId: watch.sessionId, reason: 'behind' });
    const again = new SessionWatch(client, watch.sessionId);
    await again.attach(client);
    expect(again.view.turns).toEqual(watch.view.turns);
    socket.destroy();
    await gateway.assertWhole(watch);
    await gateway.assertNoOrphans();
  });

  it.each([
    ['follows every session, the lists and the log', true, {}],
    ['asks for every session at once', false, {}],
    ['asks for all that ever happened in every session at once', false, { after: 0 }],
  ] as const)('costs no more memory than a client may when it %s', async (_what, readsFirst, params) => {
    const watches = await Promise.all(Array.from({ length: 4 }, () => gateway.newSession()));
    const answerAll = async (): Promise<number> => {
      const turns = await Promise.all(watches.map(async (watch) => ({ watch, turnId: await watch.send('[[scenario:flood]]') })));
      let isOver = false;
      const ends = Promise.all(turns.map(({ watch, turnId }) => watch.ended(turnId, 60_000))).finally(() => (isOver = true));
      let peak = 0;
      while (!isOver) peak = Math.max(peak, (await gateway.client.request<GatewayStatus>('gateway/status', {})).memoryBytes);
      expect((await ends).map(({ outcome }) => outcome)).toEqual(turns.map(() => 'completed'));
      return peak;
    };
    await answerAll();
    const without = await answerAll();

    const { client, socket } = await gateway.process.connectRaw();
    await client.initialize(gateway.process.pointer.token, 'unread client');
    if (!readsFirst) socket.pause();
    const asked = [
      client.request('logs/subscribe', { subscriptionId: v7(), level: 'trace' }, 120_000),
      client.request('gateway/subscribe', { subscriptionId: v7(), topics: ['agents', 'sandboxes', 'sessions', 'models'] }, 120_000),
      ...Array.from({ length: 240 }, (_, n) => client.request('sessions/subscribe', { subscriptionId: v7(), sessionId: watches[n % watches.length]?.sessionId, ...params }, 120_000)),
    ];
    for (const request of asked) request.catch(() => undefined);
    if (readsFirst) await Promise.all(asked);
    socket.pause();
    expect((await answerAll()) - without).toBeLessThan(mostBytes);
    socket.destroy();
  });

  it('is let go with its subscriptions when its connection breaks', async () => {
    const watch = await gateway.newSession();
    const { client, socket } = await gateway.process.connectRaw();
    await client.initialize(gateway.process.pointer.token, 'leaving client');
    await client.request('sessions/subscribe', { subscriptionId: v7(), sessionId: watch.sessionId });
    const turnId = await watch.send('[[scenario:stream tokens=50 tps=100]]');
    await watch.textOf(turnId, 10);
    socket.destroy();
    expect((await watch.ended(turnId)).outcome).toBe('completed');
    await gateway.assertWhole(watch);
  });
});
