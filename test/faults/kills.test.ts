import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killHard, treeOf, untilGone, workerTrees } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { times } from './times.ts';

const endless = '[[scenario:endless tps=100]]';
const rounds = 20;

describe('A process that is killed in mid-stream', () => {
  let gateway: TestGateway;
  let watch: SessionWatch;

  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(async () => {
    await gateway.dispose();
  });

  /** Starts an answer without end and resolves when some of it has come. */
  async function stream(): Promise<{ turnId: string; seen: string }> {
    const turnId = await watch.send(endless);
    return { turnId, seen: await watch.textOf(turnId, 40) };
  }

  async function assertNextMessageWorks(round: number): Promise<void> {
    const next = await watch.ask(`[[say:round ${round} goes on]]`);
    expect(next).toMatchObject({ outcome: 'completed', text: `round ${round} goes on` });
    await gateway.assertNoOrphans();
    await gateway.assertWhole(watch);
  }

  it('the worker, twenty times: the turn fails with its partial text, no process is left, the next message works', async () => {
    watch = await gateway.newSession();
    const failMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { turnId, seen } = await stream();
      const [tree = []] = workerTrees(gateway.process.pid);
      // In turn: the worker itself, the sandbox around it, and everything at once.
      const victims = [tree.slice(-1), tree.slice(0, 1), tree][round % 3] ?? [];
      const killedAt = performance.now();
      for (const victim of victims) killHard(victim.pid);
      const end = await watch.ended(turnId);
      failMs.push(performance.now() - killedAt);
      expect(end.outcome).toBe('failed');
      expect(end.error?.class).toMatch(/^(worker_failed|sandbox_disconnected)$/);
      expect(end.text.startsWith(seen)).toBe(true);
      await untilGone(tree);
      await assertNextMessageWorks(round);
    }
    times('kill of the worker to turn.ended', failMs);
    expect(Math.max(...failMs)).toBeLessThan(5_000);
  });

  it('the gateway, twenty times: the turn is interrupted with its partial text, no process is left, the next message works', async () => {
    watch = await gateway.newSession();
    const restartMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { turnId, seen } = await stream();
      const [, ...below] = treeOf(gateway.process.pid);
      await gateway.process.kill();
      await untilGone(below);
      const killedAt = performance.now();
      await gateway.startAgain();
      restartMs.push(performance.now() - killedAt);
      const end = await watch.ended(turnId);
      expect(end.outcome).toBe('interrupted');
      expect(end.text.startsWith(seen)).toBe(true);
      await assertNextMessageWorks(round);
    }
    times('start after a kill to resumed', restartMs);
  });

  it('the model server, twenty times: the turn fails with its partial text, the next message works once the server is back', async () => {
    watch = await gateway.newSession();
    const failMs: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { turnId, seen } = await stream();
      const killedAt = performance.now();
      await gateway.model.kill();
      const end = await watch.ended(turnId);
      failMs.push(performance.now() - killedAt);
      expect(end.outcome).toBe('failed');
      expect(end.error?.class).toMatch(/^model_(crashed|unreachable)$/);
      expect(end.text.startsWith(seen)).toBe(true);
      await gateway.model.restart();
      await assertNextMessageWorks(round);
    }
    times('kill of the model server to turn.ended', failMs);
  });

  it('what printed nothing on stdout or stderr while all of that happened is the gateway', () => {
    expect(gateway.process.output).toBe('');
  });
});
