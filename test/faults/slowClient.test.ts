import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { times } from './times.ts';

/** Two MiB of text in one answer; with every event sent to eight subscriptions it is more than a client may lag behind. */
const flood = { steps: [{ text: `${'x'.repeat(1_023)} `.repeat(2_048) }, { finish: 'stop' }, { done: true as const }] };

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
