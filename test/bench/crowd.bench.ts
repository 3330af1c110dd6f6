// 20 clients with 100 sessions of 10 agents send 500 messages at once: whether every turn is completed, how soon each message is acknowledged, and how many processes and how much time that takes.
import { v7 } from 'uuid';
import type { TurnOutcome } from '../../server/protocol/messages.ts';
import type { SessionEventParams } from '../../server/protocol/sessions.ts';
import { listDescendants } from '../../server/process/processTable.ts';
import { until } from '../support/gateway/processes.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { LightClient } from './lightClient.ts';
import { pssMegabytes } from './procFigures.ts';
import { isQuick, ms, percentile, printRow } from './rows.ts';

const clients = isQuick ? 4 : 20;
const sessionsPerClient = 5;
const messagesPerSession = isQuick ? 2 : 5;
const agents = isQuick ? 2 : 10;
/** Half a second of a model each, and a command in every fifth. */
const textOf = (n: number): string => `${n % 5 === 0 ? '[[tool:run_command {"command":"echo here"}]] ' : ''}[[scenario:stream tokens=25 tps=50]]`;

const gateway = await TestGateway.start();
const outcomes: { readonly outcome: TurnOutcome; readonly why: string }[] = [];
let running = 0;
let mostRunning = 0;

function accept({ event }: SessionEventParams): void {
  if (event.kind === 'turn.ended') outcomes.push({ outcome: event.outcome, why: event.error === undefined ? event.outcome : `${event.error.class}/${event.error.cause}` });
}

async function openSessions(client: LightClient, agentIds: readonly string[], from: number): Promise<string[]> {
  const sessions = Array.from({ length: sessionsPerClient }, () => v7());
  for (const [n, sessionId] of sessions.entries()) {
    await client.request('sessions/create', { sessionId, agentId: agentIds[(from + n) % agentIds.length] });
    await client.request('sessions/subscribe', { subscriptionId: v7(), sessionId });
  }
  return sessions;
}

/** The time from each message to its acknowledgement, all sent in one moment. */
async function sendAll(opened: readonly { readonly client: LightClient; readonly sessions: readonly string[] }[]): Promise<number[]> {
  const sent = opened.flatMap(({ client, sessions }) =>
    sessions.flatMap((sessionId) =>
      Array.from({ length: messagesPerSession }, async (_, n) => {
        const at = performance.now();
        await client.request('chat/send', { sessionId, messageId: v7(), text: textOf(n) });
        return performance.now() - at;
      }),
    ),
  );
  return await Promise.all(sent);
}

try {
  const agentIds = await Promise.all(Array.from({ length: agents }, (_, n) => gateway.newAgent(`Agent ${n}`)));
  const opened: { client: LightClient; sessions: string[] }[] = [];
  for (let n = 0; n < clients; n += 1) {
    const client = await LightClient.connect(gateway.process, accept);
    opened.push({ client, sessions: await openSessions(client, agentIds, n * sessionsPerClient) });
  }
  const messages = clients * sessionsPerClient * messagesPerSession;
  const look = setInterval(() => {
    running = listDescendants(gateway.process.pid).length;
    mostRunning = Math.max(mostRunning, running);
  }, 250);
  const startedAt = performance.now();
  const acknowledged = await sendAll(opened);
  let progress = { count: 0, at: performance.now() };
  await until(
    () => {
      if (outcomes.length > progress.count) progress = { count: outcomes.length, at: performance.now() };
      return outcomes.length >= messages || performance.now() - progress.at > 30_000;
    },
    'the end of every turn',
    600_000,
    100,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(look);
  for (const { client } of opened) client.close();
  const failures = outcomes.filter(({ outcome }) => outcome !== 'completed');
  const missing = messages - outcomes.length;
  const [first] = failures;
  const p99 = percentile(acknowledged, 0.99);
  const note = `${clients} clients, ${clients * sessionsPerClient} sessions, ${agents} agents; all done after ${seconds.toFixed(1)} s; at most ${mostRunning} processes; gateway ${pssMegabytes(gateway.process.pid).toFixed(0)} MB at the end${first === undefined ? '' : `; first failure ${first.why}`}`;
  printRow({ name: `${messages} messages at once: turns that were not completed`, goal: '0', figure: String(failures.length + missing), ok: failures.length + missing === 0, note });
  printRow({ name: `${messages} messages at once: acknowledged`, goal: 'p99 <= 250 ms', figure: `p99 ${ms(p99)}`, ok: p99 <= 250, note: `p50 ${ms(percentile(acknowledged, 0.5))}, max ${ms(Math.max(...acknowledged))}` });
  if (failures.length > 0) process.stderr.write(`${JSON.stringify(Object.entries(Object.groupBy(failures, ({ why }) => why)).map(([why, all]) => [why, all?.length]))}\n`);
} finally {
  await gateway.dispose();
}
