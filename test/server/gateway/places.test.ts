import { v7 as newId } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FairGate } from '../../../server/base/fairGate.ts';
import { createChatHandlers } from '../../../server/gateway/chatHandlers.ts';
import { gatewayStopped as gatewayGoes } from '../../../server/gateway/interruptions.ts';
import { Publisher } from '../../../server/gateway/publisher.ts';
import { TurnRunner } from '../../../server/gateway/turnRunner.ts';
import type { SessionEvent } from '../../../server/protocol/sessions.ts';
import type { Store } from '../../../server/store/store.ts';
import { openTemporaryStore, type TemporaryStore } from '../../support/store/temporaryStore.ts';
import { context, heldTask, turnPorts } from './turnBench.ts';

describe('turns with one place for tasks', () => {
  let rig: TemporaryStore;
  let store: Store;
  let runner: TurnRunner;
  let handlers: ReturnType<typeof createChatHandlers>;
  let events: SessionEvent[];
  let sessionId: string;
  let held: ReturnType<typeof heldTask>;
  let other: string;
  const say = (text: string, to = other): Promise<unknown> => handlers['chat/send']({ sessionId: to, messageId: newId(), text }, context);
  const ended = (count: number): Promise<void> => expect.poll(() => events.filter((event) => event.kind === 'turn.ended').length, { timeout: 5_000 }).toBe(count);
  const waits = { kind: 'turn.status', phase: 'waiting', text: 'Waits for a free place: 1 task runs at once.' } as const;
  const waiting = (): Promise<void> => expect.poll(() => events.filter((event) => event.kind === 'turn.status' && event.phase === 'waiting')).toEqual([waits]);

  beforeEach(async () => {
    rig = await openTemporaryStore();
    ({ store } = rig);
    const publisher = new Publisher();
    events = [];
    publisher.onStored((stored) => events.push(...stored.events.map(({ event }) => event)));
    held = heldTask();
    runner = new TurnRunner(turnPorts({ store, publisher, dispatch: held.dispatch, places: new FairGate(() => 1) }));
    handlers = createChatHandlers({ store, publish: (stored) => publisher.publish(stored), runner, newId: () => newId(), now: Date.now });
    [sessionId, other] = [await rig.createSession(), await rig.createSession()];
    await say('runs', sessionId);
    await held.started;
    await say('waits');
    await waiting();
  });

  afterEach(async () => {
    await runner.shutDown(gatewayGoes);
    await rig.dispose();
  });

  it('say what they wait for, and go on when it is free', async () => {
    held.letGo();
    await ended(2);
    expect(events.filter((event) => event.kind === 'turn.ended').map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
    expect(events.filter((event) => event.kind === 'turn.status' && event.phase === 'sandbox')).toHaveLength(1);
  });

  it('stop while they wait, and take the place of nobody', async () => {
    const [turn] = (await store.turnsBefore({ sessionId: other, before: undefined, limit: 1 })).turns;
    expect(await handlers['chat/stop']({ sessionId: other, turnId: turn?.id }, context)).toEqual({ wasRunning: true });
    await ended(1);
    expect(events.findLast((event) => event.kind === 'turn.ended')).toMatchObject({ outcome: 'stopped' });
    await handlers['chat/sendQueued']({ sessionId: other }, context);
    await say('after');
    held.letGo();
    await ended(3);
  });

  it('begin with the next gateway when theirs goes while they wait', async () => {
    await runner.shutDown(gatewayGoes);
    expect(events.filter((event) => event.kind === 'turn.ended').map(({ outcome }) => outcome)).toEqual(['interrupted']);
    await store.interruptRunning({ error: gatewayGoes, at: 2 });
    expect(await store.sessionsWithWork()).toContain(other);
    expect(await store.sessionsWithWork()).not.toContain(sessionId);
    expect(await store.nextTurn(other)).toMatchObject({ attempt: 2, mode: 'retry', turn: { message: { parts: [{ text: 'waits' }] } } });
  });
});
