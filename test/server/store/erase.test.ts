import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../../server/store/database.ts';
import { makeBigSession } from '../../support/fixtures/bigSession.ts';
import { createEraser } from '../../support/store/erasing.ts';
import { filesWith } from '../../support/store/filesWith.ts';
import { answer, openTemporaryStore, origin, principal, tick, type TemporaryStore } from '../../support/store/temporaryStore.ts';
import { stampOf } from '../../support/store/stampOf.ts';

let rig: TemporaryStore;
beforeEach(async () => (rig = await openTemporaryStore()));
afterEach(() => rig.dispose());

const traces = (mark: string): string[] => filesWith(rig.directory, mark);

/** A session that holds a mark wherever a session can hold text: title, messages, thinking, tools, what was streamed, the STAMP, an error, the queue. */
async function markedSession(mark: string, agentId?: string): Promise<string> {
  const { store } = rig;
  const sessionId = randomUUID();
  const owner = agentId ?? (await rig.createAgent());
  await store.createSession({ principal, sessionId, agentId: owner, title: `${mark} title`, at: tick() });
  const { turnId, messageId, runId } = await rig.startTurn(sessionId, `${mark} question ${'x'.repeat(5_000)}`);
  await store.freezeRun({ runId, turnId, attempt: 1, stamp: stampOf(owner, mark), at: tick() });
  const at = tick();
  await store.appendEvents({
    sessionId,
    turnId,
    at,
    events: [
      { kind: 'part.delta', messageId, partId: 'a', part: 'thinking', offset: 0, text: `${mark} thought` },
      { kind: 'tool.started', messageId, partId: 'b', callId: 'c', tool: 'run_command', title: `${mark} title`, args: { command: mark } },
      { kind: 'tool.output', messageId, partId: 'b', offset: 0, text: `${mark} output ${'y'.repeat(9_000)}` },
      { kind: 'turn.status', phase: 'tool', notice: `${mark} notice` },
    ],
  });
  const error = { class: 'model_error', cause: 'said', message: `${mark} error`, hint: 'None.', retryable: true } as const;
  const message = answer(messageId, { kind: 'text', partId: 'd', text: `${mark} answer ${'z'.repeat(20_000)}` });
  await store.endAttempt({ turnId, attempt: 1, outcome: 'failed', error, message, at: tick() });
  const queued = await rig.send(sessionId, `${mark} waits`);
  await store.editQueued({ sessionId, messageId: queued.messageId, text: `${mark} edited`, at: tick() });
  const removed = await rig.send(sessionId, `${mark} removed`);
  await store.removeQueued({ sessionId, messageId: removed.messageId, at: tick() });
  return sessionId;
}

describe('A deleted session', () => {
  it('is restored as it was, with its id taken as before and its queue held', async () => {
    const sessionId = await rig.createSession();
    const { agentId } = (await rig.store.getSession(sessionId))!;
    await rig.send(sessionId, 'Waits');
    await rig.store.deleteSession({ sessionId, at: tick() });
    expect(await rig.store.getAgent(agentId)).toMatchObject({ sessionCount: 0, deletedSessionCount: 1 });
    const restored = await rig.store.restoreSession({ sessionId, at: tick() });
    expect(restored.session).toMatchObject({ id: sessionId, title: 'Waits', isQueueHeld: true });
    expect(restored.session.deletedAt).toBeUndefined();
    expect(restored.events.map(({ event }) => event.kind)).toEqual(['session.changed']);
    expect((await rig.store.restoreSession({ sessionId, at: tick() })).events).toEqual([]);
    expect((await rig.store.listSessions({ agentId })).items.map(({ id }) => id)).toEqual([sessionId]);
    expect(await rig.store.nextTurn(sessionId)).toBeUndefined();
    expect((await rig.store.snapshot({ sessionId, limit: 5 })).queue).toHaveLength(1);
    expect((await rig.store.createSession({ principal, sessionId, agentId, title: undefined, at: tick() })).isNew).toBe(false);
    expect(await rig.store.getAgent(agentId)).toMatchObject({ sessionCount: 1, deletedSessionCount: 0 });
  });

  it('cannot be restored when its agent was deleted, or when it never was', async () => {
    const sessionId = await rig.createSession();
    const { agentId } = (await rig.store.getSession(sessionId))!;
    await rig.store.deleteSession({ sessionId, at: tick() });
    await rig.store.deleteAgent({ agentId, at: tick() });
    await expect(rig.store.restoreSession({ sessionId, at: tick() })).rejects.toMatchObject({ class: 'conflict', reason: 'agent_deleted' });
    await expect(rig.store.restoreSession({ sessionId: randomUUID(), at: tick() })).rejects.toMatchObject({ class: 'not_found' });
  });

  it('is listed alone when only deleted ones are asked for, page by page', async () => {
    const agentId = await rig.createAgent();
    const ids = Array.from({ length: 5 }, () => randomUUID());
    for (const sessionId of ids) await rig.store.createSession({ principal, sessionId, agentId, title: 'T', at: tick() });
    for (const sessionId of ids.slice(0, 3)) await rig.store.deleteSession({ sessionId, at: tick() });
    const first = await rig.store.listSessions({ agentId, onlyDeleted: true, limit: 2 });
    const second = await rig.store.listSessions({ agentId, onlyDeleted: true, limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.slice(0, 3).toReversed());
    expect(second.nextCursor).toBeUndefined();
  });
});

describe('A session that is deleted for good', () => {
  it.each([true, false])('leaves no trace in any file, deleted before or not (%s), while others keep theirs', async (isDeletedBefore) => {
    const agentId = await rig.createAgent();
    const sessionId = await markedSession('ERASEDMARK', agentId);
    const other = await markedSession('KEPTMARK', agentId);
    if (isDeletedBefore) await rig.store.deleteSession({ sessionId, at: tick() });
    expect(traces('ERASEDMARK')).not.toEqual([]);
    await createEraser(rig.store).eraseSession(sessionId);
    expect(traces('ERASEDMARK')).toEqual([]);
    expect(await rig.store.getSession(sessionId)).toBeUndefined();
    expect((await rig.store.listRuns({ sessionId })).items).toEqual([]);
    expect((await rig.store.listSessions({ agentId, includeDeleted: true })).items.map(({ id }) => id)).toEqual([other]);
    const kept = await rig.store.snapshot({ sessionId: other, limit: 10 });
    expect(kept.turns[0]?.attempts[0]?.message?.parts).toMatchObject([{ text: expect.stringContaining('KEPTMARK') }]);
    expect((await rig.store.getRun((await rig.store.listRuns({ sessionId: other })).items[0]!.id))?.stamp.soul.text).toContain('KEPTMARK');
  });

  it('keeps its ids taken, and nothing else of it', async () => {
    const sessionId = await rig.createSession();
    const { agentId } = (await rig.store.getSession(sessionId))!;
    const { messageId } = await rig.send(sessionId, 'Hello');
    await createEraser(rig.store).eraseSession(sessionId);
    await expect(rig.store.createSession({ principal, sessionId, agentId, title: undefined, at: tick() })).rejects.toMatchObject({ class: 'conflict', reason: 'removed' });
    const again = { principal, sessionId: await rig.createSession(), messageId, turnId: randomUUID(), text: 'Hello', origin, at: tick() };
    await expect(rig.store.acceptMessage(again)).rejects.toMatchObject({ class: 'conflict', reason: 'removed' });
    const db = new Database(rig.file, { isReadOnly: true, busyTimeoutMs: 0 });
    const rows = db.all<{ hash: string; answer: string | null }>('SELECT hash, answer FROM ids WHERE id IN (?, ?)', sessionId, messageId);
    db.close();
    expect(rows).toEqual([{ hash: '', answer: null }, { hash: '', answer: null }]);
  });

  it('is found by nobody from the first moment on, and is erased once however often that is asked', async () => {
    const sessionId = await markedSession('MARK');
    const { stored } = await rig.store.beginErase({ sessionId, at: tick() });
    expect(stored[0]?.events[0]?.event).toMatchObject({ kind: 'session.changed', session: { title: '', deletedAt: expect.any(Number) } });
    const looks: (() => Promise<unknown>)[] = [
      () => rig.store.snapshot({ sessionId, limit: 1 }),
      () => rig.store.restoreSession({ sessionId, at: tick() }),
      () => rig.store.deleteSession({ sessionId, at: tick() }),
      () => rig.send(sessionId),
    ];
    for (const look of looks) await expect(look()).rejects.toMatchObject({ class: 'not_found' });
    const eraser = createEraser(rig.store);
    await Promise.all([eraser.eraseSession(sessionId), eraser.eraseSession(sessionId)]);
    await eraser.eraseSession(sessionId);
    expect(traces('MARK ')).toEqual([]);
    await expect(eraser.eraseSession(randomUUID())).rejects.toMatchObject({ class: 'not_found' });
  });

  it('is refused while a turn of it runs', async () => {
    const sessionId = await rig.createSession();
    await rig.startTurn(sessionId);
    await expect(createEraser(rig.store).eraseSession(sessionId)).rejects.toMatchObject({ class: 'conflict', reason: 'running' });
  });

  it('is erased to the end by the next gateway when this one ended at any step', async () => {
    for (const steps of [0, 1, 3]) {
      const mark = `HALFWAY${steps}`;
      const sessionId = await markedSession(mark);
      await rig.store.beginErase({ sessionId, at: tick() });
      for (let step = 0; step < steps; step += 1) await rig.store.eraseChunk({ sessionId, at: tick() });
      await rig.reopen();
      await createEraser(rig.store).resume();
      expect(traces(mark)).toEqual([]);
      expect(await rig.store.listUnerased()).toEqual({ sessionIds: [], agentIds: [] });
    }
  });

  it('is erased in pieces between which others write, however large its messages are', async () => {
    const sessionId = await rig.createSession();
    for (let count = 0; count < 20; count += 1) await rig.send(sessionId, `LARGE ${'x'.repeat(900_000)}`);
    await rig.store.beginErase({ sessionId, at: tick() });
    let pieces = 1;
    while (!(await rig.store.eraseChunk({ sessionId, at: tick() })).isDone) pieces += 1;
    expect(pieces).toBeGreaterThan(20);
    const { sessionId: big } = await makeBigSession(rig.store, { turns: 1_000 });
    const erasing = createEraser(rig.store).eraseSession(big);
    let isErased = false;
    void erasing.then(() => (isErased = true));
    let between = 0;
    const other = await rig.createSession();
    while (!isErased) {
      await rig.store.renameSession({ sessionId: other, title: `Title ${between}`, at: tick() });
      between += 1;
    }
    expect(between).toBeGreaterThan(5);
  });

  it('is erased while the log is being copied into the database beside the writer, however long it is', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sessionId = await rig.createSession();
      for (let count = 0; count < 15; count += 1) await rig.send(sessionId, `COPIED ${'x'.repeat(900_000)}`);
      let isFirst = true;
      const eraser = createEraser({
        ...rig.store,
        copyLog: () => (isFirst ? Promise.resolve() : rig.store.copyLog()),
        truncateLog: async () => {
          if (isFirst) void rig.store.copyLog();
          isFirst = false;
          // The writer answers while the reader copies.
          await rig.store.listUnerased();
          await rig.store.truncateLog();
        },
      });
      await eraser.eraseSession(sessionId);
    }
    expect(traces('COPIED')).toEqual([]);
  });

  it('says that another process reads the database, and cuts the log once that is gone', async () => {
    const sessionId = await markedSession('HELDMARK');
    const other = new Database(rig.file, { isReadOnly: true, busyTimeoutMs: 0 });
    other.run('BEGIN');
    other.get('SELECT count(*) FROM turns');
    await expect(createEraser(rig.store).eraseSession(sessionId)).rejects.toMatchObject({ class: 'storage_locked' });
    other.run('COMMIT');
    other.close();
    await expect.poll(() => traces('HELDMARK'), { timeout: 10_000 }).toEqual([]);
    await createEraser(rig.store).eraseSession(sessionId);
    expect(await rig.store.listUnerased()).toEqual({ sessionIds: [], agentIds: [] });
  });
});

describe('A deleted agent', () => {
  it('takes its name, its sessions, deleted ones too, its frozen STAMPs and its sandbox with it', async () => {
    const agentId = randomUUID();
    const agent = { id: agentId, name: 'AGENTMARK', soul: 'general', tools: [], runtime: 'local', model: { kind: 'auto' as const }, policy: 'p', createdAt: tick() };
    await rig.store.createAgent({ principal, agent });
    await markedSession('AGENTMARK', agentId);
    await rig.store.deleteSession({ sessionId: await markedSession('AGENTMARK', agentId), at: tick() });
    await rig.store.deleteAgent({ agentId, at: tick() });
    const removed: string[] = [];
    await createEraser(rig.store, { removeSandbox: async (id) => void removed.push(id) }).eraseAgent(agentId);
    expect(traces('AGENTMARK')).toEqual([]);
    expect(removed).toEqual([agentId]);
    expect(await rig.store.deleteAgent({ agentId, at: tick() })).toEqual({ stored: [] });
    await expect(rig.store.createAgent({ principal, agent })).rejects.toMatchObject({ class: 'conflict', reason: 'removed' });
  });

  it('is erased to the end when that is asked again after its sandbox could not be removed', async () => {
    const agentId = await rig.createAgent();
    await markedSession('AGAINMARK', agentId);
    await rig.store.deleteAgent({ agentId, at: tick() });
    let isHeld = true;
    const eraser = createEraser(rig.store, { removeSandbox: () => (isHeld ? Promise.reject(new Error('held')) : Promise.resolve()) });
    await expect(eraser.eraseAgent(agentId)).rejects.toThrow('held');
    expect(traces('AGAINMARK')).toEqual([]);
    expect((await rig.store.listUnerased()).agentIds).toEqual([agentId]);
    isHeld = false;
    await eraser.eraseAgent(agentId);
    expect(await rig.store.listUnerased()).toEqual({ sessionIds: [], agentIds: [] });
  });

  it('is erased to the end by the next gateway when this one ended right after it was deleted', async () => {
    const agentId = await rig.createAgent();
    await markedSession('LEFTMARK', agentId);
    await rig.store.deleteAgent({ agentId, at: tick() });
    await rig.reopen();
    await createEraser(rig.store).resume();
    expect(traces('LEFTMARK')).toEqual([]);
    expect(await rig.store.listUnerased()).toEqual({ sessionIds: [], agentIds: [] });
  });
});
