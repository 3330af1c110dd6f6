import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { v7 as newId } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../server/base/appError.ts';
import { createDeferred } from '../../../server/base/deferred.ts';
import type { DispatchRequest, TaskEnd } from '../../../server/exec/dispatcher.ts';
import { createChatHandlers } from '../../../server/gateway/chatHandlers.ts';
import { Publisher } from '../../../server/gateway/publisher.ts';
import type { TurnPorts } from '../../../server/gateway/turnPorts.ts';
import { TurnRunner } from '../../../server/gateway/turnRunner.ts';
import type { ModelCallReport, ModelRoute } from '../../../server/inference/route.ts';
import type { Turn } from '../../../server/protocol/messages.ts';
import type { SessionEvent } from '../../../server/protocol/sessions.ts';
import type { Task } from '../../../server/protocol/worker.ts';
import type { PreparedSandbox } from '../../../server/sandboxes/engine.ts';
import { openStore } from '../../../server/store/openStore.ts';
import type { Store } from '../../../server/store/store.ts';
import { agentId, completed, context, engine, heldTask, route, silent, turnPorts } from './turnBench.ts';

describe('turns', () => {
  let directory: string;
  let store: Store;
  let publisher: Publisher;
  let runner: TurnRunner;
  let handlers: ReturnType<typeof createChatHandlers>;
  let sessionId: string;
  let events: SessionEvent[];
  let dispatch: (request: DispatchRequest) => Promise<TaskEnd>;
  let ensure: TurnPorts['sandboxes']['ensure'];
  let chosenRoute: ModelRoute;
  const transportErrors: (string | undefined)[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'turns-'));
    store = await openStore({ path: path.join(directory, 'logos.db'), log: () => silent });
    await store.createAgent({ principal: 'owner', agent: { id: agentId, name: 'Coder', soul: 'general', tools: [], runtime: 'local', model: { kind: 'auto' }, policy: 'workspace-only', createdAt: 1 } });
  });

  afterAll(async () => {
    await store.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    chosenRoute = route;
    publisher = new Publisher();
    events = [];
    publisher.onStored((stored) => events.push(...stored.events.map((placed) => placed.event)));
    transportErrors.length = 0;
    dispatch = async (request) => {
      await request.onFrame({ frame: 'text', text: `You said ${request.task.message}` });
      return completed;
    };
    ensure = async () => ({ homePath: '/nowhere' }) as PreparedSandbox;
    const sandboxes: TurnPorts['sandboxes'] = { engine, ensure: (each) => ensure(each), taskStarted: () => {}, taskEnded: (_agent, error) => transportErrors.push(error?.class) };
    runner = new TurnRunner(turnPorts({ store, publisher, dispatch: (request) => dispatch(request), sandboxes, resolveRoute: async () => chosenRoute }));
    handlers = createChatHandlers({ store, publish: (stored) => publisher.publish(stored), runner, newId: () => newId(), now: Date.now });
    sessionId = newId();
    await store.createSession({ principal: 'owner', sessionId, agentId, title: undefined, at: 1 });
  });

  afterEach(async () => {
    await runner.shutDown({ class: 'internal', cause: 'gateway_stopped', message: 'The gateway was stopped.', hint: 'Resume.', retryable: true });
  });

  const send = async (text: string, messageId = newId()): Promise<{ turnId: string; messageId: string }> => ({ messageId, turnId: (await handlers['chat/send']({ sessionId, messageId, text }, context)).turnId });
  const turns = async (): Promise<Turn[]> => (await store.turnsBefore({ sessionId, before: undefined, limit: 100 })).turns;
  const ended = async (count: number): Promise<void> => {
    await expect.poll(() => events.filter((event) => event.kind === 'turn.ended').length, { timeout: 5_000 }).toBe(count);
  };
  const reportOf = (...returnedMembers: string[]): ModelCallReport => ({ usage: undefined, startedAt: 1, firstThoughtMs: undefined, firstAnswerMs: undefined, durationMs: 1, tokensPerSecond: undefined, error: undefined, finish: 'tool_calls', returnedMembers });
  const answerOf = (turn: Turn | undefined): string => (turn?.attempts.at(-1)?.message?.parts ?? []).map((part) => (part.kind === 'text' ? part.text : '')).join('');

  it('go on with the next message when the one that was found is taken back before it starts', async () => {
    const answer = dispatch;
    const running = createDeferred<undefined>();
    dispatch = async (request) => {
      await running.promise;
      return await answer(request);
    };
    await send('running');
    const first = await send('first');
    await send('second');
    const ask = store.nextTurn.bind(store);
    // Found, and taken back before its start is stored.
    const racing = vi.spyOn(store, 'nextTurn').mockImplementationOnce(async (id) => {
      const found = await ask(id);
      await handlers['chat/removeQueued']({ sessionId, messageId: first.messageId }, context);
      return found;
    });
    running.resolve(undefined);
    await ended(2);
    racing.mockRestore();
    expect((await turns()).map(answerOf)).toEqual(['You said running', 'You said second']);
  });

  it('store the message, then the start, then the answer, then the end', async () => {
    await send('hello');
    await ended(1);
    expect(events.map((event) => event.kind)).toEqual(expect.arrayContaining(['turn.queued', 'turn.started', 'part.delta', 'message.completed', 'turn.ended']));
    const [turn] = await turns();
    expect(answerOf(turn)).toBe('You said hello');
    const run = await store.getRun(turn?.attempts[0]?.runId ?? '');
    expect(run).toMatchObject({ outcome: 'completed', exitReason: 'exit 0', stamp: { agent: { name: 'Coder' }, soul: { text: 'Be brief.' }, model: { name: 'm' } } });
  });

  it('store what a worker says of its phase only so often', async () => {
    dispatch = async (request) => {
      for (let count = 0; count < 6_000; count += 1) await request.onFrame({ frame: 'status', phase: 'waiting', text: `for ${count}` });
      await request.onFrame({ frame: 'text', text: 'answer' });
      return completed;
    };
    await send('hello');
    await ended(1);
    expect(events.filter((event) => event.kind === 'turn.status').length).toBeLessThan(2_010);
  });

  it('run one at a time in a session, in the order in which they were sent', async () => {
    let running = 0;
    dispatch = async (request) => {
      running += 1;
      expect(running).toBe(1);
      await request.onFrame({ frame: 'text', text: request.task.message });
      running -= 1;
      return completed;
    };
    await Promise.all(['1', '2', '3', '4', '5'].map((text) => send(text)));
    await ended(5);
    expect((await turns()).map(answerOf)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('give the earlier turns to the model as history', async () => {
    await send('first');
    await ended(1);
    let history: unknown;
    dispatch = async (request) => {
      history = request.task.history;
      await request.onFrame({ frame: 'text', text: 'ok' });
      return completed;
    };
    await send('second');
    await ended(2);
    expect(history).toEqual([{ role: 'user', text: 'first' }, { role: 'assistant', text: 'You said first', toolCalls: [] }]);
  });

  it('give back to a model, and to no other, what its server sent along with its calls', async () => {
    const kept = { step: 1, message: { reasoning_content: 'Hm.' }, call: { signature: 's' } };
    const seen: { names: unknown; assistant: unknown }[] = [];
    dispatch = async (request) => {
      const { task, route: used } = request;
      const onFrame = request.onFrame.bind(request);
      request.observer.onReport(reportOf('reasoning_content', 'signature'));
      seen.push({ names: used.returnedMembers, assistant: task.history.find(({ role }) => role === 'assistant') });
      if (task.history.length === 0) {
        await onFrame({ frame: 'tool_start', callId: 'their-own-form', tool: 'read_file', title: 'a', args: { path: 'a' }, kept: { ...kept, message: { ...kept.message, planted: 'x' }, call: { ...kept.call, planted: 'x', function: { planted: 'x' } } } });
        await onFrame({ frame: 'tool_end', callId: 'their-own-form', state: 'done', durationMs: 1, output: 'A' });
      }
      await onFrame({ frame: 'text', text: 'ok' });
      return completed;
    };
    for (const [count, model] of [[1, 'm'], [2, 'other'], [3, 'm']] as const) {
      chosenRoute = { ...route, model };
      await send(`message ${count}`);
      await ended(count);
    }
    const call = { tool: 'read_file', args: { path: 'a' }, result: 'A' };
    expect(seen).toEqual([
      { names: [], assistant: undefined },
      { names: [], assistant: { role: 'assistant', text: '', toolCalls: [{ callId: '', ...call }] } },
      { names: ['reasoning_content', 'signature'], assistant: { role: 'assistant', text: '', kept: kept.message, toolCalls: [{ callId: 'their-own-form', ...call, kept: kept.call }] } },
    ]);
  });

  it('go on from the steps and the text of all attempts that broke off', async () => {
    const tasks: Pick<Task, 'steps' | 'partial'>[] = [];
    dispatch = async (request) => {
      const { attempt, steps, partial } = request.task;
      request.observer.onReport(reportOf('reasoning'));
      const onFrame = request.onFrame.bind(request);
      tasks.push({ ...(steps === undefined ? {} : { steps }), ...(partial === undefined ? {} : { partial }) });
      if (attempt === 1) {
        await onFrame({ frame: 'text', text: 'I look. ' });
        await onFrame({ frame: 'tool_start', callId: 'c1', tool: 'read_file', title: 'a', args: { path: 'a' }, kept: { step: 1, message: { reasoning: 'r' } } });
        await onFrame({ frame: 'tool_end', callId: 'c1', state: 'done', durationMs: 1, output: 'A' });
      }
      await onFrame({ frame: 'text', text: `half ${attempt} ` });
      return attempt === 3 ? completed : { outcome: 'error', error: { class: 'model_crashed', cause: 'truncated', message: 'It broke.', hint: 'Retry.', retryable: true }, exitReason: 'exit 0', dispatchMs: 1, wasWarm: true };
    };
    const { turnId } = await send('hello');
    await ended(1);
    for (const count of [2, 3]) {
      await handlers['chat/retry']({ sessionId, turnId, retryId: newId(), mode: 'resume' }, context);
      await ended(count);
    }
    const steps = [{ role: 'assistant', text: 'I look. ', kept: { reasoning: 'r' }, toolCalls: [{ callId: 'c1', tool: 'read_file', args: { path: 'a' }, result: 'A' }] }];
    expect(tasks).toEqual([{}, { steps, partial: 'half 1 ' }, { steps, partial: 'half 1 half 2 ' }]);
    dispatch = async (request) => {
      expect(request.task.history.map(({ text }) => text)).toEqual(['hello', 'I look. ', 'half 1 half 2 half 3 ']);
      await request.onFrame({ frame: 'text', text: 'ok' });
      return completed;
    };
    await send('next');
    await ended(4);
    expect(answerOf((await turns()).at(-1))).toBe('ok');
  });

  it('run once for a message that is said twice', async () => {
    const { messageId } = await send('once');
    await send('once', messageId);
    await ended(1);
    expect(await turns()).toHaveLength(1);
    await expect(send('other', messageId)).rejects.toMatchObject({ class: 'conflict' });
  });

  it('stop with the partial text kept, and hold the queue until it is sent', async () => {
    const held = heldTask();
    dispatch = held.dispatch;
    const { turnId } = await send('long');
    await send('queued');
    await held.started;
    expect(await handlers['chat/stop']({ sessionId, turnId }, context)).toEqual({ wasRunning: true });
    await ended(1);
    const [first] = await turns();
    expect(first?.attempts[0]).toMatchObject({ outcome: 'stopped' });
    expect(answerOf(first)).toBe('part');
    expect((await store.getSession(sessionId))?.isQueueHeld).toBe(true);
    dispatch = async (request) => {
      await request.onFrame({ frame: 'text', text: 'now' });
      return completed;
    };
    await handlers['chat/sendQueued']({ sessionId }, context);
    await ended(2);
    expect((await turns()).map(answerOf)).toEqual(['part', 'now']);
  });

  it('stop with their agent, also those that are about to start, and leave those of other agents alone', async () => {
    const held = heldTask();
    dispatch = held.dispatch;
    await send('runs');
    await held.started;
    const sideSession = newId();
    await store.createSession({ principal: 'owner', sessionId: sideSession, agentId, title: undefined, at: 1 });
    await handlers['chat/send']({ sessionId: sideSession, messageId: newId(), text: 'about to start' }, context);
    await runner.stopAgent(newId());
    expect(events.filter((event) => event.kind === 'turn.ended')).toEqual([]);
    await runner.stopAgent(agentId);
    expect(events.filter((event) => event.kind === 'turn.ended').map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped']);
    dispatch = async () => completed;
    await send('after');
    await handlers['chat/sendQueued']({ sessionId }, context);
    await ended(3);
    expect((await turns()).at(-1)?.attempts[0]?.outcome).not.toBe('stopped');
  });

  it('stop at once while their sandbox is still being made', async () => {
    const entered = Promise.withResolvers<void>();
    ensure = () => {
      entered.resolve();
      return new Promise(() => {});
    };
    const { messageId } = await send('never dispatched');
    await entered.promise;
    await handlers['chat/stop']({ sessionId, messageId }, context);
    await ended(1);
    expect((await turns())[0]?.attempts[0]?.outcome).toBe('stopped');
  });

  it('stop when the stop overtakes the start', async () => {
    const held = heldTask();
    dispatch = held.dispatch;
    const messageId = newId();
    const sending = send('quick', messageId);
    const stopping = handlers['chat/stop']({ sessionId, messageId }, context);
    await Promise.all([sending, stopping]);
    await ended(1);
    expect((await turns())[0]?.attempts[0]?.outcome).toBe('stopped');
  });

  it('fail with the cause when the sandbox is not there, and say so of the sandbox only when its transport broke', async () => {
    ensure = async () => {
      throw new AppError('sandbox_unavailable', 'The sandbox is not there.', { hint: 'Start it.' });
    };
    await send('x');
    await ended(1);
    expect((await turns())[0]?.attempts[0]).toMatchObject({ outcome: 'failed', error: { class: 'sandbox_unavailable' } });
    expect(transportErrors).toEqual([]);
  });

  it('fail with the partial text kept when the worker dies, and can be retried as a new attempt', async () => {
    dispatch = async (request) => {
      await request.onFrame({ frame: 'text', text: 'half' });
      return { outcome: 'error', error: { class: 'worker_failed', cause: 'exit', message: 'The worker ended.', hint: 'Retry.', retryable: true }, exitReason: 'SIGKILL', dispatchMs: 1, wasWarm: false };
    };
    const { turnId } = await send('x');
    await ended(1);
    expect(answerOf((await turns())[0])).toBe('half');
    expect(transportErrors).toEqual(['worker_failed']);
    let partial: string | undefined;
    dispatch = async (request) => {
      partial = request.task.partial;
      await request.onFrame({ frame: 'text', text: 'whole' });
      return completed;
    };
    const retryId = newId();
    expect(await handlers['chat/retry']({ sessionId, turnId, retryId, mode: 'resume' }, context)).toMatchObject({ attempt: 2 });
    await ended(2);
    await handlers['chat/retry']({ sessionId, turnId, retryId, mode: 'resume' }, context);
    const [turn] = await turns();
    expect(turn?.attempts.map((attempt) => attempt.outcome)).toEqual(['failed', 'completed']);
    expect(answerOf(turn)).toBe('whole');
    expect(partial).toBe('half');
  });

  it('fail as an empty reply when nothing came, never as a blank message', async () => {
    dispatch = async () => completed;
    await send('x');
    await ended(1);
    expect((await turns())[0]?.attempts[0]).toMatchObject({ outcome: 'failed', error: { class: 'empty_reply' } });
  });

  it('say what the worker has to say of the answer, but only so often', async () => {
    dispatch = async (request) => {
      for (let count = 1; count <= 50; count += 1) await request.onFrame({ frame: 'notice', text: `Note ${count}.` });
      await request.onFrame({ frame: 'text', text: 'answer' });
      return completed;
    };
    await send('x');
    await ended(1);
    expect((await turns())[0]?.notices).toEqual(Array.from({ length: 20 }, (_, at) => `Note ${at + 1}.`));
  });

  it('say that the answer stops at the limit of the model, and are completed all the same', async () => {
    dispatch = async (request) => {
      await request.onFrame({ frame: 'text', text: 'and so' });
      request.observer.onReport({ usage: undefined, startedAt: 0, firstThoughtMs: undefined, firstAnswerMs: 1, durationMs: 2, tokensPerSecond: undefined, error: undefined, finish: 'length' });
      return completed;
    };
    await send('x');
    await ended(1);
    expect((await turns())[0]).toMatchObject({ notices: [expect.stringContaining('limit for one answer')], attempts: [{ outcome: 'completed' }] });
  });

  it('stay queued when the gateway goes before they could start', async () => {
    dispatch = () => new Promise(() => {});
    await send('for the next gateway');
    await runner.shutDown({ class: 'internal', cause: 'gateway_stopped', message: 'The gateway was stopped.', hint: 'Resume.', retryable: true });
    expect(events.some((event) => event.kind === 'turn.started')).toBe(false);
    expect(await store.sessionsWithWork()).toContain(sessionId);
  });

  it('are interrupted when the gateway is stopped, with the partial text kept', async () => {
    const held = heldTask();
    dispatch = held.dispatch;
    await send('x');
    await held.started;
    await runner.shutDown({ class: 'internal', cause: 'gateway_stopped', message: 'The gateway was stopped.', hint: 'Resume.', retryable: true });
    const [turn] = await turns();
    expect(turn?.attempts[0]?.outcome).toBe('interrupted');
    expect(answerOf(turn)).toBe('part');
  });
});
