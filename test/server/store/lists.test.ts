import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../../server/protocol/messages.ts';
import type { Stamp } from '../../../server/protocol/runs.ts';
import {
  answer,
  openTemporaryStore,
  principal,
  tick,
  type TemporaryStore,
} from '../../support/store/temporaryStore.ts';

let rig: TemporaryStore;
beforeAll(async () => (rig = await openTemporaryStore()));
afterAll(() => rig.dispose());

const hash = (digit: string): string => digit.repeat(64);
const stampOf = (agentId: string, mark: string): Stamp => ({
  agent: { id: agentId, name: 'Agent' },
  soul: { slug: 'general', version: '1', text: 'Be brief.', hash: hash('1') },
  toolset: { tools: ['read_file'], hash: hash('2') },
  runtime: { name: 'local', build: 'b', hash: hash('3') },
  model: {
    serverId: 's',
    serverName: 'S',
    baseUrl: 'http://127.0.0.1:1',
    name: 'm',
    contextTokens: 8192,
    supportsTools: true,
    isTiny: false,
    params: {},
    hash: hash('4'),
  },
  policy: { name: 'workspace-only', text: 'version: 1', words: 'Its own folder.', hash: hash('5') },
  hash: hash(mark),
});

describe('Sessions', () => {
  it('are created once, with the id and for the agent that the client named', async () => {
    const agentId = await rig.createAgent();
    const input = { principal, sessionId: randomUUID(), agentId, title: 'First', at: tick() };
    const { session, isNew } = await rig.store.createSession(input);
    expect([session.title, session.state, session.revision, isNew]).toEqual(['First', 'idle', 1, true]);
    expect(await rig.store.createSession({ ...input, at: tick() })).toEqual({ session, isNew: false });
    await expect(rig.store.createSession({ ...input, agentId: await rig.createAgent() })).rejects.toMatchObject({
      class: 'conflict',
      details: { id: session.id, session },
    });
    await expect(rig.store.createSession({ ...input, principal: 'stranger' })).rejects.toMatchObject({
      class: 'not_found',
    });
    await expect(
      rig.store.createSession({ ...input, sessionId: randomUUID(), agentId: randomUUID() }),
    ).rejects.toMatchObject({ class: 'not_found' });
  });

  it('are listed with the most recently changed first, page by page, without a repeat when one changes meanwhile', async () => {
    const agentId = await rig.createAgent();
    const at = tick();
    const ids = Array.from({ length: 7 }, () => randomUUID());
    // All at one moment: the one that was made last counts as the last.
    for (const sessionId of ids) await rig.store.createSession({ principal, sessionId, agentId, title: 'T', at });
    const expected = ids.toReversed();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await rig.store.listSessions({ agentId, limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (seen.length === 3) await rig.send(seen[0]!);
    } while (cursor !== undefined);
    expect(seen).toEqual(expected);
    await rig.send(ids[3]!);
    expect((await rig.store.listSessions({ agentId, limit: 1 })).items[0]?.id).toBe(ids[3]);
  });

  it('keep their order, with their runs, when the clock is set back by an hour', async () => {
    const agentId = await rig.createAgent();
    const now = tick();
    const sessions: string[] = [];
    const runs: string[] = [];
    for (const at of [now, now + 10, now - 3_600_000, now - 3_599_990]) {
      const sessionId = randomUUID();
      await rig.store.createSession({ principal, sessionId, agentId, title: 'T', at });
      const message = { principal, sessionId, messageId: randomUUID(), turnId: randomUUID(), text: 'Hello', origin: { kind: 'client', name: 'test' }, at } as const;
      await rig.store.acceptMessage(message);
      const run = { turnId: message.turnId, attempt: 1, runId: randomUUID() };
      await rig.store.startAttempt({ ...run, mode: 'first', messageId: randomUUID(), at: at + 1 });
      await rig.store.freezeRun({ ...run, stamp: stampOf(agentId, 'e'), at });
      sessions.unshift(sessionId);
      runs.unshift(run.runId);
    }
    const listed = await rig.store.listSessions({ agentId });
    expect(listed.items.map(({ id }) => id)).toEqual(sessions);
    expect(listed.items.map(({ updatedAt }) => updatedAt)).toEqual(listed.items.map(({ updatedAt }) => updatedAt).toSorted((a, b) => b - a));
    const first = await rig.store.listRuns({ agentId, limit: 2 });
    const second = await rig.store.listRuns({ agentId, limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(runs);
  });

  it('know the full model that last answered in them, whatever tiny one has since', async () => {
    const agentId = await rig.createAgent();
    const [sessionId, other] = [randomUUID(), randomUUID()];
    for (const id of [sessionId, other]) await rig.store.createSession({ principal, sessionId: id, agentId, title: 'T', at: tick() });
    const runOn = async (mark: string, name: string, isTiny: boolean): Promise<void> => {
      const turn = await rig.startTurn(sessionId);
      const base = stampOf(agentId, mark);
      await rig.store.freezeRun({ runId: turn.runId, turnId: turn.turnId, attempt: 1, stamp: { ...base, model: { ...base.model, name, isTiny } }, at: tick() });
      await rig.store.endAttempt({ turnId: turn.turnId, attempt: 1, outcome: 'completed', message: answer(turn.messageId), at: tick() });
    };
    await runOn('7', 'Tiny', true);
    expect(await rig.store.lastFullModel(sessionId)).toBeUndefined();
    await runOn('8', 'first', false);
    await runOn('9', 'second', false);
    await runOn('7', 'Tiny', true);
    expect(await rig.store.lastFullModel(sessionId)).toMatchObject({ name: 'second', baseUrl: 'http://127.0.0.1:1', serverName: 'S' });
    expect(await rig.store.lastFullModel(other)).toBeUndefined();
  });

  it('are not answered by a full model that failed before it said anything', async () => {
    const agentId = await rig.createAgent();
    const away = { class: 'model_unreachable', message: 'It is away.', cause: 'refused', hint: 'Start it.', retryable: true } as const;
    const failedWith = async (mark: string, parts: Message['parts']): Promise<Stamp['model'] | undefined> => {
      const sessionId = randomUUID();
      await rig.store.createSession({ principal, sessionId, agentId, title: 'T', at: tick() });
      const turn = await rig.startTurn(sessionId);
      await rig.store.freezeRun({ runId: turn.runId, turnId: turn.turnId, attempt: 1, stamp: stampOf(agentId, mark), at: tick() });
      const message = { ...answer(turn.messageId), parts };
      await rig.store.endAttempt({ turnId: turn.turnId, attempt: 1, outcome: 'failed', error: away, message, at: tick() });
      return await rig.store.lastFullModel(sessionId);
    };
    expect(await failedWith('c', [])).toBeUndefined();
    expect(await failedWith('d', [{ kind: 'text', partId: 'p', text: 'Half' }])).toMatchObject({ name: 'm' });
  });

  it('refuse a cursor that no list gave', async () => {
    for (const cursor of [
      'nonsense',
      Buffer.from('[1]').toString('base64url'),
      Buffer.from('["a","b"]').toString('base64url'),
    ]) {
      await expect(rig.store.listSessions({ cursor })).rejects.toMatchObject({ class: 'invalid_params' });
    }
  });

  it('are renamed by who saw the present revision', async () => {
    const sessionId = await rig.createSession();
    const renamed = await rig.store.renameSession({ sessionId, title: 'New', revision: 1, at: tick() });
    expect([renamed.session.title, renamed.session.revision, renamed.events.map(({ event }) => event.kind)]).toEqual([
      'New',
      2,
      ['session.changed'],
    ]);
    await expect(rig.store.renameSession({ sessionId, title: 'Newer', revision: 1, at: tick() })).rejects.toMatchObject(
      { class: 'conflict', details: { session: { title: 'New', revision: 2 } } },
    );
    expect((await rig.store.renameSession({ sessionId, title: 'Newer', at: tick() })).session.revision).toBe(3);
  });

  it('that are deleted leave the lists, keep their id taken and run no more turns', async () => {
    const sessionId = await rig.createSession();
    const agentId = (await rig.store.getSession(sessionId))!.agentId;
    await rig.send(sessionId);
    expect((await rig.store.deleteSession({ sessionId, at: tick() })).events).toHaveLength(1);
    expect((await rig.store.deleteSession({ sessionId, at: tick() })).events).toHaveLength(0);
    expect((await rig.store.listSessions({ agentId })).items).toEqual([]);
    expect((await rig.store.listSessions({ agentId, includeDeleted: true })).items).toMatchObject([
      { id: sessionId, deletedAt: expect.any(Number) as number },
    ]);
    expect([await rig.store.nextTurn(sessionId), (await rig.store.sessionsWithWork()).includes(sessionId)]).toEqual([
      undefined,
      false,
    ]);
    await expect(
      rig.store.createSession({ principal, sessionId, agentId, title: undefined, at: tick() }),
    ).rejects.toMatchObject({ class: 'conflict', reason: 'removed' });
    await expect(rig.store.renameSession({ sessionId, title: 'New', at: tick() })).rejects.toMatchObject({
      class: 'not_found',
    });
  });

  it('that are deleted in the middle of a turn still take its end', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    await rig.store.deleteSession({ sessionId, at: tick() });
    await rig.store.endAttempt({
      turnId: turn.turnId,
      attempt: 1,
      outcome: 'stopped',
      message: answer(turn.messageId),
      at: tick(),
    });
    expect((await rig.store.snapshot({ sessionId, limit: 1 })).turns[0]?.attempts[0]?.outcome).toBe('stopped');
  });
});

describe('Agents', () => {
  it('are created once, changed by who saw the present revision, and listed by name', async () => {
    const agent = {
      id: randomUUID(),
      name: 'zeta',
      soul: 'general',
      tools: [],
      runtime: 'local',
      model: { kind: 'auto' },
      policy: 'p',
      createdAt: tick(),
    } as const;
    const noSessions = { sessionCount: 0, deletedSessionCount: 0 };
    const first = await rig.store.createAgent({ principal, agent: { ...agent, tools: [] } });
    expect(first).toEqual({ agent: { ...agent, revision: 1, ...noSessions }, isNew: true });
    expect(await rig.store.createAgent({ principal, agent: { ...agent, tools: [], createdAt: tick() } })).toEqual({
      ...first,
      isNew: false,
    });
    await expect(rig.store.createAgent({ principal, agent: { ...agent, tools: ['x'] } })).rejects.toMatchObject({
      class: 'conflict',
    });
    const change = { name: 'Alpha', model: { kind: 'model', serverId: 's', name: 'm' } } as const;
    expect(await rig.store.updateAgent({ agentId: agent.id, revision: 1, change, at: tick() })).toEqual({
      ...agent,
      ...change,
      revision: 2,
      ...noSessions,
    });
    await expect(rig.store.updateAgent({ agentId: agent.id, revision: 1, change, at: tick() })).rejects.toMatchObject({
      class: 'conflict',
      details: { agent: { name: 'Alpha', revision: 2 } },
    });
    const names = (await rig.store.listAgents()).map(({ name }) => name.toLowerCase());
    expect(names).toEqual([...names].sort());
  });

  it('that are deleted take their sessions with them', async () => {
    const sessionId = await rig.createSession();
    const { agentId } = (await rig.store.getSession(sessionId))!;
    expect(await rig.store.deleteAgent({ agentId, at: tick() })).toEqual({
      stored: [
        {
          sessionId,
          events: [
            expect.objectContaining({
              event: {
                kind: 'session.changed',
                session: expect.objectContaining({ deletedAt: expect.any(Number) as number }) as unknown,
              },
            }),
          ],
        },
      ],
    });
    expect(await rig.store.deleteAgent({ agentId, at: tick() })).toEqual({ stored: [] });
    expect([await rig.store.getAgent(agentId), (await rig.store.getSession(sessionId))?.deletedAt]).toEqual([
      undefined,
      expect.any(Number),
    ]);
    await expect(rig.send(sessionId)).rejects.toMatchObject({ class: 'not_found' });
    await expect(rig.store.deleteAgent({ agentId: randomUUID(), at: tick() })).rejects.toMatchObject({
      class: 'not_found',
    });
    await expect(
      rig.store.updateAgent({ agentId, revision: 1, change: { name: 'x' }, at: tick() }),
    ).rejects.toMatchObject({ class: 'not_found' });
  });
});

describe('Runs', () => {
  it('keep the STAMP that was frozen for them and how they ended, and are listed without its texts', async () => {
    const sessionId = await rig.createSession();
    const { agentId } = (await rig.store.getSession(sessionId))!;
    const runIds: string[] = [];
    for (const mark of ['a', 'a', 'b']) {
      const turn = await rig.startTurn(sessionId);
      const stamp = stampOf(agentId, mark);
      await rig.store.freezeRun({ runId: turn.runId, turnId: turn.turnId, attempt: 1, stamp, at: tick() });
      expect(await rig.store.getRun(turn.runId)).toMatchObject({ id: turn.runId, stamp, attempt: 1 });
      await rig.store.endAttempt({
        turnId: turn.turnId,
        attempt: 1,
        outcome: 'completed',
        message: answer(turn.messageId),
        exitReason: 'exit 0',
        at: tick(),
      });
      runIds.unshift(turn.runId);
    }
    const first = await rig.store.listRuns({ sessionId, limit: 2 });
    const rest = await rig.store.listRuns({ sessionId, limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(runIds);
    expect(first.items[0]).toEqual({
      id: runIds[0],
      sessionId,
      agentId,
      turnId: first.items[0]!.turnId,
      attempt: 1,
      stampHash: hash('b'),
      startedAt: expect.any(Number) as number,
      endedAt: expect.any(Number) as number,
      outcome: 'completed',
      exitReason: 'exit 0',
    });
    expect((await rig.store.listRuns({ agentId: randomUUID() })).items).toEqual([]);
  });

  it('of a turn that failed before its STAMP was frozen do not exist, and none can be frozen after the end', async () => {
    const turn = await rig.startTurn(await rig.createSession());
    await rig.store.endAttempt({
      turnId: turn.turnId,
      attempt: 1,
      outcome: 'failed',
      message: answer(turn.messageId),
      at: tick(),
    });
    expect(await rig.store.getRun(turn.runId)).toBeUndefined();
    const stamp = stampOf(randomUUID(), 'c');
    await expect(
      rig.store.freezeRun({ runId: turn.runId, turnId: turn.turnId, attempt: 1, stamp, at: tick() }),
    ).rejects.toMatchObject({ class: 'conflict' });
  });
});

describe('Servers and settings', () => {
  it('are kept across a restart', async () => {
    const server = {
      id: 'mine',
      name: 'Mine',
      kind: 'openai_compatible',
      baseUrl: 'http://127.0.0.1:1/v1',
      addedAt: tick(),
    } as const;
    await rig.store.addServer({ server });
    await rig.store.setSetting({ key: 'shipped', value: 'one' });
    await rig.store.setSetting({ key: 'shipped', value: 'two' });
    const store = await rig.reopen();
    expect([await store.listServers(), await store.getSetting('shipped'), await store.getSetting('none')]).toEqual([
      [server],
      'two',
      undefined,
    ]);
    await expect(store.addServer({ server })).rejects.toMatchObject({ class: 'conflict' });
    const remove = (serverId: string) => store.removeServer({ serverId, at: tick() });
    expect([await remove('mine'), await remove('mine'), await remove('never-there')]).toEqual([true, true, false]);
    expect(await store.listServers()).toEqual([]);
  });
});
