import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedRequest } from '../support/modelServer/modelServer.ts';
import { until, untilGone, workerTrees } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { times } from './times.ts';

describe('Stop', () => {
  let gateway: TestGateway;
  let watch: SessionWatch;
  const acknowledgedMs: number[] = [];

  beforeAll(async () => {
    gateway = await TestGateway.start();
    watch = await gateway.newSession();
    await watch.ask('[[say:warm]]');
  });
  afterAll(async () => {
    await gateway.dispose();
    times('chat/stop acknowledged', acknowledgedMs);
    expect(Math.max(...acknowledgedMs)).toBeLessThan(500);
  });

  async function stop(name: { turnId: string } | { messageId: string }): Promise<boolean> {
    const askedAt = performance.now();
    const { wasRunning } = await watch.client.request<{ wasRunning: boolean }>('chat/stop', { sessionId: watch.sessionId, ...name });
    acknowledgedMs.push(performance.now() - askedAt);
    return wasRunning;
  }

  /** The request of a message at the model server, once it is there. */
  async function requestOf(text: string): Promise<RecordedRequest> {
    let found: RecordedRequest | undefined;
    await until(async () => (found = (await gateway.model.chatRequests(text)).at(-1)) !== undefined, `the request of ${text}`);
    return found as RecordedRequest;
  }

  async function assertStreamClosed(text: string, stoppedAt: number): Promise<void> {
    await until(async () => (await requestOf(text)).goneAt !== undefined, 'the end of the model stream', 2_000);
    expect(((await requestOf(text)).goneAt ?? 0) - stoppedAt).toBeLessThan(1_000);
  }

  async function assertNextMessageWorks(): Promise<void> {
    expect(await watch.ask('[[say:and on]]')).toMatchObject({ outcome: 'completed', text: 'and on' });
    await gateway.assertNoOrphans();
    await gateway.assertWhole(watch);
  }

  it('of a queued message takes it out of the queue and leaves the running turn alone', async () => {
    const running = await watch.send('[[scenario:endless tps=50]] one');
    await watch.textOf(running, 10);
    const messageId = (await sendQueued('[[say:never]]')).messageId;
    expect(await stop({ messageId })).toBe(false);
    await watch.until((view) => view.queue.length === 0, 'an empty queue');
    expect(watch.view.turns.at(-1)?.state).toBe('running');
    expect(await stop({ turnId: running })).toBe(true);
    expect((await watch.ended(running)).outcome).toBe('stopped');
    await assertNextMessageWorks();
  });

  /** Sends a message that a stop will remove, so it does not count as sent. */
  async function sendQueued(text: string): Promise<{ messageId: string }> {
    await watch.send(text);
    const message = watch.sent.pop();
    if (message === undefined) throw new Error('nothing was sent');
    return message;
  }

  it('in the same breath as the message ends the turn before it has begun', async () => {
    for (let round = 0; round < 5; round += 1) {
      const sending = watch.send(`[[scenario:endless tps=50]] breath ${round}`);
      const messageId = watch.sent.at(-1)?.messageId ?? '';
      const [turnId] = await Promise.all([sending, stop({ messageId })]);
      const isOver = (): boolean => watch.view.queue.length === 0 && watch.view.turns.at(-1)?.state !== 'running';
      await watch.until(isOver, 'the end of the stopped turn');
      const turn = watch.view.turns.find(({ id }) => id === turnId);
      // A message that was stopped while it waited leaves the queue; one that had started ends as stopped.
      if (turn === undefined) watch.sent.pop();
      else expect(turn.attempts.at(-1)?.outcome).toBe('stopped');
      expect(await watch.ask('[[say:and on]]')).toMatchObject({ outcome: 'completed' });
    }
    await assertNextMessageWorks();
  });

  it('before the first token closes the request that waits for it', async () => {
    const text = '[[scenario:gated-head name=never]] head';
    const turnId = await watch.send(text);
    await requestOf('gated-head name=never');
    const [tree = []] = workerTrees(gateway.process.pid);
    const stoppedAt = Date.now();
    expect(await stop({ turnId })).toBe(true);
    await assertStreamClosed('gated-head name=never', stoppedAt);
    expect(await watch.ended(turnId)).toMatchObject({ outcome: 'stopped', text: '' });
    await untilGone(tree);
    await assertNextMessageWorks();
  });

  it('in mid-stream keeps the text, closes the stream within a second and ends every process within five', async () => {
    for (let round = 0; round < 5; round += 1) {
      const text = `[[scenario:endless tps=100]] middle ${round}`;
      const turnId = await watch.send(text);
      const seen = await watch.textOf(turnId, 60);
      const [tree = []] = workerTrees(gateway.process.pid);
      expect(tree.length).toBeGreaterThan(0);
      const stoppedAt = Date.now();
      expect(await stop({ turnId })).toBe(true);
      await assertStreamClosed(`middle ${round}`, stoppedAt);
      const end = await watch.ended(turnId);
      expect(end.outcome).toBe('stopped');
      expect(end.text.startsWith(seen)).toBe(true);
      await untilGone(tree);
      await assertNextMessageWorks();
    }
  });

  it('during a tool ends the command with all that it started, and says so in its row', async () => {
    const turnId = await watch.send('[[say:x]] [[tool:run_command {"command":"echo begun; sleep 3333 & sleep 4444"}]]');
    await watch.until((view) => view.turns.at(-1)?.attempts.at(-1)?.message?.parts.some((part) => part.kind === 'tool' && part.output.includes('begun')) === true, 'the output of the command');
    const [tree = []] = workerTrees(gateway.process.pid);
    expect(await stop({ turnId })).toBe(true);
    const end = await watch.ended(turnId);
    expect(end.outcome).toBe('stopped');
    expect(end.message?.parts.find((part) => part.kind === 'tool')).toMatchObject({ state: 'stopped' });
    await untilGone(tree);
    await assertNextMessageWorks();
  });

  it('said twice, or to a turn that has ended, is the same as once', async () => {
    const turnId = await watch.send('[[scenario:endless tps=50]] twice');
    await watch.textOf(turnId, 5);
    await Promise.all([stop({ turnId }), stop({ turnId })]);
    expect((await watch.ended(turnId)).outcome).toBe('stopped');
    expect(await stop({ turnId })).toBe(false);
    await assertNextMessageWorks();
  });
});
