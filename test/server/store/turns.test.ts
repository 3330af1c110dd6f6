import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorInfo } from '../../../server/protocol/errors.ts';
import type { TurnOutcome, Usage } from '../../../server/protocol/messages.ts';
import {
  answer,
  openTemporaryStore,
  principal,
  tick,
  type StartedTurn,
  type TemporaryStore,
} from '../../support/store/temporaryStore.ts';

let rig: TemporaryStore;
beforeAll(async () => (rig = await openTemporaryStore()));
afterAll(() => rig.dispose());

const error: ErrorInfo = {
  class: 'sandbox_disconnected',
  message: 'Agent connection lost mid-reply.',
  cause: 'gateway_ended',
  hint: 'Resume.',
  retryable: true,
};
const usage: Usage = { inputTokens: 3, outputTokens: 5, source: 'server', modelCalls: 1 };

const append = (turn: StartedTurn, text: string, offset = 0) =>
  rig.store.appendEvents({
    sessionId: turn.sessionId,
    turnId: turn.turnId,
    events: [{ kind: 'part.delta', messageId: turn.messageId, partId: '1', part: 'text', offset, text }],
    at: tick(),
  });
const end = (turn: StartedTurn, outcome: TurnOutcome, text = 'Done') =>
  rig.store.endAttempt({
    turnId: turn.turnId,
    attempt: turn.attempt,
    outcome,
    message: answer(turn.messageId, { kind: 'text', partId: '1', text }),
    usage,
    exitReason: 'exit 0',
    at: tick(),
  });
const retry = (turn: StartedTurn, retryId: string = randomUUID(), mode: 'retry' | 'resume' = 'retry') =>
  rig.store.retryTurn({ principal, sessionId: turn.sessionId, turnId: turn.turnId, retryId, mode, at: tick() });

describe('A turn', () => {
  it('does not end before it began, whatever the clock says then', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    const message = answer(turn.messageId, { kind: 'text', partId: '1', text: 'Done' });
    await rig.store.endAttempt({ turnId: turn.turnId, attempt: turn.attempt, outcome: 'completed', message, at: tick() - 3_600_000 });
    const [attempt] = (await rig.store.snapshot({ sessionId, limit: 1 })).turns[0]!.attempts;
    expect(attempt!.endedAt).toBeGreaterThanOrEqual(attempt!.startedAt);
  });

  it('runs alone in its session, the others waiting in the order they were sent', async () => {
    const sessionId = await rig.createSession();
    const sent = [await rig.send(sessionId, 'one'), await rig.send(sessionId, 'two')];
    const first = await rig.start(sessionId);
    expect(first.turnId).toBe(sent[0]!.turnId);
    expect(await rig.store.nextTurn(sessionId)).toBeUndefined();
    const jump = {
      turnId: sent[1]!.turnId,
      attempt: 1,
      mode: 'first',
      messageId: randomUUID(),
      runId: randomUUID(),
      at: tick(),
    } as const;
    await expect(rig.store.startAttempt(jump)).rejects.toMatchObject({ class: 'conflict', reason: 'running' });
    await end(first, 'completed');
    expect((await rig.store.nextTurn(sessionId))?.turn.id).toBe(sent[1]!.turnId);
  });

  it('folds what it streamed into its message and keeps its notices', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    await append(turn, 'Do');
    await rig.store.appendEvents({
      sessionId,
      turnId: turn.turnId,
      events: [
        { kind: 'turn.status', phase: 'answering', notice: '3 older turns were left out.' },
        { kind: 'turn.status', phase: 'prompt' },
      ],
      at: tick(),
    });
    await append(turn, 'ne', 2);
    const running = await rig.store.snapshot({ sessionId, limit: 5 });
    expect(running.turns[0]).toMatchObject({
      state: 'running',
      phase: 'prompt',
      notices: ['3 older turns were left out.'],
      attempts: [{ message: { parts: [{ kind: 'text', text: 'Done' }] } }],
    });
    const stored = await end(turn, 'completed');
    expect(stored.events.map(({ event }) => event.kind)).toEqual([
      'usage',
      'message.completed',
      'turn.ended',
      'session.changed',
    ]);
    const kept = await rig.store.eventsAfter({ sessionId, after: 0, limit: 100 });
    expect(kept?.map(({ event }) => event.kind)).toEqual([
      'turn.queued',
      'session.changed',
      'turn.started',
      'turn.status',
      'usage',
      'message.completed',
      'turn.ended',
      'session.changed',
    ]);
    expect((await rig.store.snapshot({ sessionId, limit: 5 })).turns[0]).toMatchObject({
      state: 'ended',
      notices: ['3 older turns were left out.'],
      attempts: [{ outcome: 'completed', usage }],
    });
  });

  it('forgets the notices of an attempt when the next one begins', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    const events = [{ kind: 'turn.status', phase: 'answering', notice: 'It was cut.' }] as const;
    await rig.store.appendEvents({ sessionId, turnId: turn.turnId, events: [...events], at: tick() });
    await end(turn, 'completed');
    await retry(turn, undefined, 'resume');
    await rig.start(sessionId);
    const [resumed] = (await rig.store.snapshot({ sessionId, limit: 5 })).turns;
    expect(resumed).toMatchObject({ state: 'running', attempts: [{ outcome: 'completed' }, { mode: 'resume' }] });
    expect(resumed?.notices).toBeUndefined();
  });

  it('takes no more events once it has ended, and ends once', async () => {
    const turn = await rig.startTurn(await rig.createSession());
    await end(turn, 'completed');
    await expect(append(turn, 'late')).rejects.toMatchObject({ class: 'conflict', reason: 'not_running' });
    await expect(end(turn, 'failed')).rejects.toMatchObject({ class: 'conflict', reason: 'not_running' });
    await expect(
      rig.store.appendEvents({ sessionId: randomUUID(), turnId: turn.turnId, events: [], at: tick() }),
    ).rejects.toMatchObject({ class: 'not_found' });
  });

  it('is not a place for events that only the store makes', async () => {
    const turn = await rig.startTurn(await rig.createSession());
    await expect(
      rig.store.appendEvents({
        sessionId: turn.sessionId,
        turnId: turn.turnId,
        events: [{ kind: 'turn.ended', outcome: 'completed' }],
        at: tick(),
      }),
    ).rejects.toMatchObject({ class: 'internal' });
    expect((await rig.store.getSession(turn.sessionId))?.state).toBe('working');
  });

  it.each([
    ['completed', 'idle', false],
    ['iterations_spent', 'idle', false],
    ['interrupted', 'interrupted', false],
    ['stopped', 'idle', true],
    ['failed', 'failed', true],
  ] as const)('that ended %s leaves its session %s, with the queue held: %s', async (outcome, state, isQueueHeld) => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    const waiting = await rig.send(sessionId, 'next');
    await end(turn, outcome);
    expect(await rig.store.getSession(sessionId)).toMatchObject({ state, isQueueHeld });
    expect((await rig.store.nextTurn(sessionId))?.turn.id).toBe(isQueueHeld ? undefined : waiting.turnId);
    expect((await rig.store.sessionsWithWork()).includes(sessionId)).toBe(!isQueueHeld);
    await rig.store.holdQueue({ sessionId, isHeld: false, at: tick() });
    expect((await rig.store.nextTurn(sessionId))?.turn.id).toBe(waiting.turnId);
  });
});

describe('A retry', () => {
  it('makes a further attempt at the last turn, before whatever waits, and releases the queue', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    await rig.send(sessionId, 'next');
    await end(turn, 'failed', 'Partial');
    expect(await retry(turn)).toMatchObject({ attempt: 2, isNew: true });
    const next = await rig.store.nextTurn(sessionId);
    expect(next).toMatchObject({
      attempt: 2,
      mode: 'retry',
      turn: { id: turn.turnId, attempts: [{ number: 1, message: { parts: [{ text: 'Partial' }] } }] },
    });
    const second = await rig.start(sessionId);
    await append(second, 'Better');
    await end(second, 'completed', 'Better');
    const view = await rig.store.snapshot({ sessionId, limit: 5 });
    expect(view.turns[0]?.attempts.map(({ number, mode, outcome }) => [number, mode, outcome])).toEqual([
      [1, 'first', 'failed'],
      [2, 'retry', 'completed'],
    ]);
    expect(view.session.isQueueHeld).toBe(false);
    expect((await rig.store.nextTurn(sessionId))?.mode).toBe('first');
  });

  it('said again is the same retry, also after a restart; said otherwise is a conflict', async () => {
    const turn = await rig.startTurn(await rig.createSession());
    await end(turn, 'interrupted');
    const retryId = randomUUID();
    const first = await retry(turn, retryId, 'resume');
    expect(await rig.store.sessionsWithWork()).toContain(turn.sessionId);
    await rig.reopen();
    expect(await retry(turn, retryId, 'resume')).toEqual({
      attempt: first.attempt,
      seq: first.seq,
      isNew: false,
      sessionId: turn.sessionId,
      events: [],
    });
    await expect(retry(turn, retryId, 'retry')).rejects.toMatchObject({ class: 'conflict' });
    await expect(retry(turn)).rejects.toMatchObject({ class: 'conflict', reason: 'retry_waiting' });
    expect(await rig.store.nextTurn(turn.sessionId)).toMatchObject({ attempt: 2, mode: 'resume' });
  });

  it('is refused while a turn runs, for a turn that is not the last, and for one that has not run', async () => {
    const sessionId = await rig.createSession();
    const first = await rig.startTurn(sessionId, 'one');
    await expect(retry(first)).rejects.toMatchObject({ class: 'conflict', reason: 'running' });
    await end(first, 'completed');
    const second = await rig.startTurn(sessionId, 'two');
    await end(second, 'completed');
    await expect(retry(first)).rejects.toMatchObject({ class: 'conflict', reason: 'not_last' });
    const queued = await rig.send(sessionId, 'three');
    await expect(retry({ ...second, turnId: queued.turnId })).rejects.toMatchObject({
      class: 'conflict',
      reason: 'not_last',
    });
    await expect(retry({ ...second, turnId: randomUUID() })).rejects.toMatchObject({ class: 'not_found' });
  });
});

describe('After the gateway was killed', () => {
  it('every running attempt ends as interrupted with what it had streamed, and its tools are not running', async () => {
    const sessionId = await rig.createSession();
    const turn = await rig.startTurn(sessionId);
    const waiting = await rig.send(sessionId, 'next');
    await append(turn, 'Half an ans');
    await rig.store.appendEvents({
      sessionId,
      turnId: turn.turnId,
      events: [
        {
          kind: 'tool.started',
          messageId: turn.messageId,
          partId: '2',
          callId: 'c',
          tool: 'run_command',
          title: 'ls',
          args: {},
        },
      ],
      at: tick(),
    });
    const store = await rig.reopen();
    const stored = (await store.interruptRunning({ error, at: tick() })).find((one) => one.sessionId === sessionId);
    expect(stored?.events.map(({ event }) => event.kind)).toEqual([
      'message.completed',
      'turn.ended',
      'session.changed',
    ]);
    expect((await store.snapshot({ sessionId, limit: 5 })).turns[0]?.attempts[0]).toMatchObject({
      outcome: 'interrupted',
      error,
      message: { parts: [{ text: 'Half an ans' }, { tool: 'run_command', state: 'stopped' }] },
    });
    expect(await store.interruptRunning({ error, at: tick() })).toEqual([]);
    expect((await store.nextTurn(sessionId))?.turn.id).toBe(waiting.turnId);
  });
});

describe('A turn that no worker had taken when the gateway ended', () => {
  const unbegun = async (): Promise<{ sessionId: string; turnId: string; attempt: number }> => {
    const turn = await rig.startTurn(await rig.createSession());
    const events = [{ kind: 'turn.status', phase: 'waiting', text: 'Waits for a free place.' }, { kind: 'turn.status', phase: 'sandbox' }] as const;
    await rig.store.appendEvents({ sessionId: turn.sessionId, turnId: turn.turnId, events, at: tick() });
    return turn;
  };
  const endGateway = async (): Promise<void> => void (await (await rig.reopen()).interruptRunning({ error, at: tick() }));

  it('is the next to run, before what waits behind it, as often as the gateway ends but not for ever', async () => {
    const { sessionId, turnId } = await unbegun();
    await rig.send(sessionId, 'behind it');
    for (const attempt of [2, 3, 4]) {
      await endGateway();
      expect(await rig.store.sessionsWithWork()).toContain(sessionId);
      expect(await rig.store.nextTurn(sessionId)).toMatchObject({ attempt, mode: 'retry', turn: { id: turnId } });
      await rig.start(sessionId);
    }
    await endGateway();
    expect((await rig.store.nextTurn(sessionId))?.turn.id).not.toBe(turnId);
  });

  it('stays ended when a person had asked for that, or its worker had taken it', async () => {
    for (const event of [{ kind: 'turn.status', phase: 'waiting', isStopping: true }, { kind: 'turn.status', phase: 'prompt' }] as const) {
      const { sessionId, turnId } = await unbegun();
      await rig.store.appendEvents({ sessionId, turnId, events: [event], at: tick() });
      await endGateway();
      expect(await rig.store.nextTurn(sessionId)).toBeUndefined();
    }
  });
});

describe('A history', () => {
  it('gives the turns that ended before one, newest first, and the older pages of a transcript oldest first', async () => {
    const sessionId = await rig.createSession();
    for (const text of ['one', 'two', 'three', 'four'])
      await end(await rig.startTurn(sessionId, text), 'completed', text);
    const texts = (turns: readonly { message: { parts: readonly object[] } }[]): unknown[] =>
      turns.map((turn) => turn.message.parts.map((part) => ('text' in part ? part.text : '')).join(''));
    expect(texts(await rig.store.turnsForHistory({ sessionId, beforeOrdinal: 4, limit: 2 }))).toEqual(['three', 'two']);
    const view = await rig.store.snapshot({ sessionId, limit: 2 });
    expect([texts(view.turns), view.hasOlderTurns]).toEqual([['three', 'four'], true]);
    const older = await rig.store.turnsBefore({ sessionId, before: view.turns[0]!.ordinal, limit: 2 });
    expect([texts(older.turns), older.hasOlderTurns]).toEqual([['one', 'two'], false]);
    await expect(rig.store.turnsBefore({ sessionId: randomUUID(), before: undefined, limit: 2 })).rejects.toMatchObject(
      { class: 'not_found' },
    );
  });
});
