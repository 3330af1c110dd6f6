import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxQueuedMessages } from '../../../server/store/messages.ts';
import {
  answer,
  openTemporaryStore,
  origin,
  principal,
  tick,
  type TemporaryStore,
} from '../../support/store/temporaryStore.ts';

let rig: TemporaryStore;
beforeAll(async () => (rig = await openTemporaryStore()));
afterAll(() => rig.dispose());

const kinds = (stored: { events: readonly { event: { kind: string } }[] }): string[] =>
  stored.events.map(({ event }) => event.kind);

describe('A message that is sent', () => {
  it('is queued as a turn, counted, and names a session without title', async () => {
    const sessionId = await rig.createSession();
    const accepted = await rig.send(sessionId, '\n  Write\u202e a \u001b[31mhaiku\n and more');
    expect(kinds(accepted)).toEqual(['turn.queued', 'session.changed']);
    expect(accepted).toMatchObject({ isNew: true, seq: 1, sessionId });
    const view = await rig.store.snapshot({ sessionId, limit: 10 });
    expect(view.queue.map((turn) => turn.id)).toEqual([accepted.turnId]);
    expect(view.session).toMatchObject({ title: 'Write a [31mhaiku', messageCount: 1, revision: 2 });
    await rig.send(sessionId, 'Another');
    expect((await rig.store.getSession(sessionId))?.title).toBe('Write a [31mhaiku');
  });

  it('is the same message when it is said again, also after a restart and after it was answered', async () => {
    const sessionId = await rig.createSession();
    const message = { principal, sessionId, messageId: randomUUID(), text: 'Once', origin };
    const first = await rig.store.acceptMessage({ ...message, turnId: randomUUID(), at: tick() });
    const together = await Promise.all(
      [1, 2, 3].map(() => rig.store.acceptMessage({ ...message, turnId: randomUUID(), at: tick() })),
    );
    const started = await rig.start(sessionId);
    await rig.store.endAttempt({
      turnId: started.turnId,
      attempt: 1,
      outcome: 'completed',
      message: answer(started.messageId),
      at: tick(),
    });
    await rig.reopen();
    const later = await rig.store.acceptMessage({ ...message, turnId: randomUUID(), at: tick() });
    for (const again of [...together, later])
      expect(again).toEqual({ turnId: first.turnId, seq: first.seq, isNew: false, sessionId, events: [] });
    expect((await rig.store.snapshot({ sessionId, limit: 10 })).turns).toHaveLength(1);
  });

  it('is a conflict with other text, and unknown to another principal', async () => {
    const sessionId = await rig.createSession();
    const { messageId } = await rig.send(sessionId, 'Once');
    const again = { sessionId, messageId, turnId: randomUUID(), origin, at: tick() };
    await expect(rig.store.acceptMessage({ ...again, principal, text: 'Twice' })).rejects.toMatchObject({
      class: 'conflict',
    });
    await expect(rig.store.acceptMessage({ ...again, principal: 'stranger', text: 'Once' })).rejects.toMatchObject({
      class: 'not_found',
    });
    await expect(
      rig.store.acceptMessage({ ...again, principal: 'stranger', messageId: randomUUID(), text: 'Mine' }),
    ).rejects.toMatchObject({ class: 'not_found' });
  });

  it('is refused by a session that is not there or was deleted', async () => {
    const sessionId = await rig.createSession();
    await rig.store.deleteSession({ sessionId, at: tick() });
    await expect(rig.send(sessionId)).rejects.toMatchObject({ class: 'not_found' });
    await expect(rig.send(randomUUID())).rejects.toMatchObject({ class: 'not_found' });
  });

  it('is refused when too many wait, without disturbing those', async () => {
    const sessionId = await rig.createSession();
    const results = await Promise.allSettled(
      Array.from({ length: maxQueuedMessages + 2 }, (_, index) => rig.send(sessionId, `Message ${index}`)),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.map((result): unknown => result.reason)).toEqual([
      expect.objectContaining({ class: 'limit_exceeded' }),
      expect.objectContaining({ class: 'limit_exceeded' }),
    ]);
    expect((await rig.store.snapshot({ sessionId, limit: 1 })).queue).toHaveLength(maxQueuedMessages);
  });
});

describe('A queued message', () => {
  it('can be edited, and what runs is the new text', async () => {
    const sessionId = await rig.createSession();
    const { messageId } = await rig.send(sessionId, 'Old');
    expect(kinds(await rig.store.editQueued({ sessionId, messageId, text: 'New', at: tick() }))).toEqual([
      'turn.edited',
    ]);
    expect((await rig.store.nextTurn(sessionId))?.turn.message.parts).toEqual([
      { kind: 'text', partId: '1', text: 'New' },
    ]);
  });

  it('can be removed once, and its id stays taken', async () => {
    const sessionId = await rig.createSession();
    const { messageId } = await rig.send(sessionId, 'Gone');
    expect(kinds(await rig.store.removeQueued({ sessionId, messageId, at: tick() }))).toEqual([
      'message.removed',
      'session.changed',
    ]);
    expect(kinds(await rig.store.removeQueued({ sessionId, messageId, at: tick() }))).toEqual([]);
    const again = { principal, sessionId, messageId, turnId: randomUUID(), text: 'Gone', origin, at: tick() };
    await expect(rig.store.acceptMessage(again)).rejects.toMatchObject({ class: 'conflict', reason: 'removed' });
    expect(await rig.store.nextTurn(sessionId)).toBeUndefined();
    expect(await rig.store.getSession(sessionId)).toMatchObject({ messageCount: 0 });
  });

  it('cannot be edited or removed once it has started, nor through another session', async () => {
    const sessionId = await rig.createSession();
    const { messageId } = await rig.send(sessionId);
    const other = await rig.createSession();
    await expect(rig.store.editQueued({ sessionId: other, messageId, text: 'New', at: tick() })).rejects.toMatchObject({
      class: 'not_found',
    });
    await expect(rig.store.removeQueued({ sessionId: other, messageId, at: tick() })).rejects.toMatchObject({
      class: 'not_found',
    });
    await rig.start(sessionId);
    await expect(rig.store.editQueued({ sessionId, messageId, text: 'New', at: tick() })).rejects.toMatchObject({
      class: 'conflict',
    });
    await expect(rig.store.removeQueued({ sessionId, messageId, at: tick() })).rejects.toMatchObject({
      class: 'conflict',
    });
    await expect(rig.store.removeQueued({ sessionId, messageId: randomUUID(), at: tick() })).rejects.toMatchObject({
      class: 'not_found',
    });
  });
});
