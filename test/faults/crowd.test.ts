import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayStatus } from '../../server/protocol/gateway.ts';
import { until, workerTrees } from '../support/gateway/processes.ts';
import type { SessionWatch } from '../support/gateway/sessionWatch.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';

const most = 3;
const waits = `Waits for a free place: ${most} tasks run at once.`;
const gated = '[[scenario:gated-head name=crowd]]';

describe('A crowd of messages', () => {
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await TestGateway.start({ tools: [] });
    await gateway.client.request('limits/set', { name: 'tasks', value: most });
  });
  afterEach(() => gateway.dispose());

  const status = (): Promise<GatewayStatus> => gateway.client.request<GatewayStatus>('gateway/status', {});
  const sessionsOf = (agentId: string, count: number): Promise<SessionWatch[]> => Promise.all(Array.from({ length: count }, () => gateway.newSession(agentId)));
  const phaseOf = (watch: SessionWatch): string | undefined => watch.view.turns.at(-1)?.phaseText;
  const untilCrowded = (waiting: number): Promise<void> =>
    until(async () => {
      const { tasks } = await status();
      return tasks.running === most && tasks.waiting === waiting;
    }, `${waiting} turns that wait`, 60_000);

  it('is answered whole: so many tasks at once, the others wait and say so, none fails', async () => {
    const agents = await Promise.all(['One', 'Two'].map((name) => gateway.newAgent(name)));
    const watches = (await Promise.all(agents.map((agentId) => sessionsOf(agentId, 6)))).flat();
    const sent = await Promise.all(watches.flatMap((watch) => [gated, '[[say:second]]', '[[say:third]]'].map(async (text) => ({ watch, turnId: await watch.send(text) }))));
    await untilCrowded(watches.length - most);
    expect((await status()).tasks).toEqual({ running: most, waiting: watches.length - most, most });
    await until(() => watches.filter((watch) => phaseOf(watch) === waits).length === watches.length - most, 'the words of those that wait', 60_000);

    let processes = 0;
    const look = setInterval(() => (processes = Math.max(processes, workerTrees(gateway.process.pid).length)), 20);
    await gateway.model.release('crowd');
    const ends = await Promise.all(sent.map(({ watch, turnId }) => watch.ended(turnId, 120_000)));
    clearInterval(look);
    expect(ends.map(({ outcome, error }) => error?.message ?? outcome)).toEqual(sent.map(() => 'completed'));
    // One more may wait for a task, and four may be on their way out.
    expect(processes).toBeLessThanOrEqual(most + 5);
    await until(async () => (await status()).tasks.running === 0, 'the end of every task');
    for (const watch of watches) await gateway.assertWhole(watch);
  });

  it('keeps nobody waiting behind the flood of another agent, and one that waits can be stopped', async () => {
    const [flood, quiet] = await Promise.all([gateway.newAgent('Flood'), gateway.newAgent('Quiet')]);
    const watches = await sessionsOf(flood, 12);
    for (const watch of watches) await watch.send(gated);
    await untilCrowded(watches.length - most);
    const single = await gateway.newSession(quiet);
    const turnId = await single.send('[[say:quiet]]');
    await single.until(() => phaseOf(single) === waits, 'the words of one that waits');

    const last = watches.at(-1) as SessionWatch;
    const stopped = last.view.turns.at(-1)?.id ?? '';
    await gateway.client.request('chat/stop', { sessionId: last.sessionId, turnId: stopped });
    expect(await last.ended(stopped)).toMatchObject({ outcome: 'stopped' });
    expect((await status()).tasks).toMatchObject({ running: most, waiting: watches.length - most });

    await gateway.model.release('crowd');
    await single.ended(turnId, 60_000);
    const isOver = (watch: SessionWatch): boolean => watch.view.turns.at(-1)?.state === 'ended';
    expect(watches.filter((watch) => watch !== last && isOver(watch)).length).toBeLessThan(watches.length - 2);
    for (const watch of watches) await watch.until(() => isOver(watch), 'the end of the flood', 60_000);
  });

  it('is all there after the gateway was killed in its midst, and what had not begun is answered by itself', async () => {
    const watches = await sessionsOf(gateway.agentId, 10);
    await Promise.all(watches.flatMap((watch) => [gated, '[[say:behind it]]'].map((text) => watch.send(text))));
    await untilCrowded(watches.length - most);
    await until(async () => (await gateway.model.chatRequests('scenario:gated-head')).length === most, 'the calls of those that run');
    await gateway.process.kill();
    await gateway.model.release('crowd');
    await gateway.startAgain();
    const outcomes = async (): Promise<(string | undefined)[]> => {
      for (const watch of watches) await watch.until(({ queue, turns }) => queue.length === 0 && turns.every(({ state }) => state === 'ended'), 'the end of all turns', 120_000);
      return watches.map((watch) => watch.view.turns[0]?.attempts.at(-1)?.outcome);
    };
    const first = await outcomes();
    expect(first.filter((outcome) => outcome === 'interrupted')).toHaveLength(most);
    expect(first.filter((outcome) => outcome === 'completed')).toHaveLength(watches.length - most);
    for (const watch of watches) {
      expect(watch.view.turns[1]?.attempts.at(-1)).toMatchObject({ outcome: 'completed' });
      await gateway.assertWhole(watch);
    }
    expect(await gateway.client.request('sessions/list', { limit: 100 })).toMatchObject({ items: { length: watches.length } });
  });

  it('is let in at once when the limit is raised', async () => {
    const watches = await sessionsOf(gateway.agentId, 5);
    for (const watch of watches) await watch.send(gated);
    await untilCrowded(watches.length - most);
    await gateway.client.request('limits/set', { name: 'tasks', value: 5 });
    await until(async () => (await gateway.model.chatRequests('scenario:gated-head')).length === 5, 'the calls of all five', 60_000);
    await gateway.model.release('crowd');
    for (const watch of watches) await watch.until(({ turns }) => turns[0]?.state === 'ended', 'its end');
  });
});
