// chat/send to the worker's `accepted`: warm, with a worker waiting, and cold, without one; beside the floor of the same machine.
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionEventParams } from '../../server/protocol/sessions.ts';
import { v7 } from 'uuid';
import { workerTrees, until } from '../support/gateway/processes.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { measureFloor } from './dispatchFloor.ts';
import { LightClient } from './lightClient.ts';
import { isQuick, ms, percentile, printRow, spread } from './rows.ts';

const rounds = isQuick ? 3 : 40;
/** Node in a sandbox is ready for its line 35 ms after its start; this is well after that. */
const settleMs = 250;

const gateway = await TestGateway.start({ env: { LOGOS_LOG_LEVEL: 'debug' } });
const arrivals = new Map<string, number>();
const ended = new Set<string>();
const client = await LightClient.connect(gateway.process, (placed: SessionEventParams, at) => {
  if (placed.event.kind === 'turn.status' && placed.event.phase === 'prompt' && placed.turnId !== undefined && !arrivals.has(placed.turnId)) arrivals.set(placed.turnId, at);
  if (placed.event.kind === 'turn.ended' && placed.turnId !== undefined) ended.add(placed.turnId);
});

async function newSession(agentId: string): Promise<string> {
  const sessionId = v7();
  await client.request('sessions/create', { sessionId, agentId });
  await client.request('sessions/subscribe', { subscriptionId: v7(), sessionId });
  return sessionId;
}

/** Sends one message and answers the times from the send to the acknowledgement and to the acceptance, ms. */
async function sendOnce(sessionId: string): Promise<{ stored: number; accepted: number }> {
  const sentAt = performance.now();
  const { turnId } = await client.request<{ turnId: string }>('chat/send', { sessionId, messageId: v7(), text: '[[say:ok]]' });
  const stored = performance.now() - sentAt;
  await until(() => ended.has(turnId), 'the end of the turn', 20_000);
  return { stored, accepted: (arrivals.get(turnId) ?? Number.NaN) - sentAt };
}

async function measure(sessions: readonly string[], count: number): Promise<{ stored: number[]; accepted: number[] }> {
  const figures = { stored: [] as number[], accepted: [] as number[] };
  for (let n = 0; n < count; n += 1) {
    await until(() => workerTrees(gateway.process.pid).length === 1, 'a worker that waits');
    await sleep(settleMs);
    const { stored, accepted } = await sendOnce(sessions[n % sessions.length] ?? '');
    figures.stored.push(stored);
    figures.accepted.push(accepted);
  }
  return figures;
}

/** What the gateway itself logged from dispatch to `accepted`. */
async function loggedDispatches(): Promise<number[]> {
  const { items } = await gateway.client.request<{ items: { text: string }[] }>('logs/tail', { limit: 2000, level: 'debug', sources: ['gateway'] });
  return items.flatMap(({ text }) => /^Dispatched in ([\d.]+) ms/.exec(text)?.[1] ?? []).map(Number);
}

try {
  const warmSession = await newSession(gateway.agentId);
  await sendOnce(warmSession);
  const warm = await measure([warmSession], rounds);
  const logged = (await loggedDispatches()).slice(-rounds);
  // One worker waits, for the agent that was used last: two agents in turn never find theirs.
  const others = [await newSession(await gateway.newAgent('One')), await newSession(await gateway.newAgent('Two'))];
  for (const sessionId of others) await sendOnce(sessionId);
  const cold = await measure(others, Math.ceil(rounds / 2));
  const floor = await measureFloor(gateway.home, rounds);
  const [p50, p95] = [percentile(warm.accepted, 0.5), percentile(warm.accepted, 0.95)];
  const note = `n = ${rounds}; stored ${spread(warm.stored)}; dispatch alone, by the gateway's own log, ${spread(logged)}`;
  printRow({ name: 'dispatch, warm: chat/send to accepted', goal: 'p50 <= 10 ms, p95 <= 30 ms', figure: `p50 ${ms(p50)}, p95 ${ms(p95)}`, ok: p50 <= 10 && p95 <= 30, floor: spread(floor.warm), note });
  const coldP50 = percentile(cold.accepted, 0.5);
  printRow({ name: 'dispatch, cold: chat/send to accepted', goal: 'p50 <= 80 ms', figure: spread(cold.accepted), ok: coldP50 <= 80, floor: spread(floor.cold), note: `n = ${cold.accepted.length}; floors: two FULL commits and a bwrapped Node that takes a line` });
} finally {
  client.close();
  await gateway.dispose();
}
