// 50 streams at 50 tokens a second through 50 sandboxes, workers started first: time between tokens at the client, loss, and the gateway's processor time.
import { v7 } from 'uuid';
import type { SessionEventParams } from '../../server/protocol/sessions.ts';
import type { Script } from '../support/modelServer/script.ts';
import { until } from '../support/gateway/processes.ts';
import { TestGateway } from '../support/gateway/testGateway.ts';
import { LightClient } from './lightClient.ts';
import { cpuMs, machineTicks } from './procFigures.ts';
import { isQuick, ms, percentile, printRow } from './rows.ts';

const streams = isQuick ? 5 : 50;
const tokens = isQuick ? 50 : 500;
const tokensPerSecond = 50;
/** Left out at both ends: 50 streams that begin and end in the same moment are not what people do; the note has the figure with them. */
const edgeTokens = isQuick ? 5 : 50;

/** Answers with tokens once the gate `go` opens, so that every worker has started by then. */
const script = (count: number): Script => ({ headGate: 'go', steps: [{ tokens: count, tokensPerSecond }, { finish: 'stop' }, { usage: { prompt_tokens: 1, completion_tokens: count } }, { done: true }] });

interface Stream {
  /** Arrival of each token, `performance.now()`. */
  readonly arrivals: number[];
  text: string;
  isEnded: boolean;
}

const gateway = await TestGateway.start({ tools: [] });
const bySession = new Map<string, Stream>();

function accept({ sessionId, event }: SessionEventParams, at: number): void {
  const stream = bySession.get(sessionId);
  if (stream === undefined) return;
  if (event.kind === 'part.delta') {
    stream.text += event.text;
    const count = event.text.split(' ').length - 1;
    for (let n = 0; n < count; n += 1) stream.arrivals.push(at);
  }
  if (event.kind === 'turn.ended') stream.isEnded = true;
}

/** Times between tokens, ms; tokens that came together have come 0 ms apart. */
function gapsOf(arrivals: readonly number[], edge = edgeTokens): number[] {
  const gaps = arrivals.slice(1).map((at, n) => at - (arrivals[n] ?? at));
  return gaps.slice(edge, gaps.length - edge);
}

/** The same streams read straight from the model server, without a gateway. */
async function measureFloor(): Promise<number[]> {
  const gaps: number[] = [];
  const readOne = async (): Promise<void> => {
    const body = JSON.stringify({ model: 'scripted', stream: true, messages: [{ role: 'user', content: '[[scenario:floor]]' }] });
    const response = await fetch(`${gateway.model.baseUrl}/chat/completions`, { method: 'POST', body });
    const arrivals: number[] = [];
    for await (const chunk of response.body ?? []) {
      const at = performance.now();
      const count = new TextDecoder().decode(chunk).split('"content":"w').length - 1;
      for (let n = 0; n < count; n += 1) arrivals.push(at);
    }
    gaps.push(...gapsOf(arrivals));
  };
  await Promise.all(Array.from({ length: streams }, readOne));
  return gaps;
}

/** Processor time of the gateway in ms while all streams ran, and the share in which the machine was busy. */
async function run(client: LightClient): Promise<{ cpu: number; busy: number }> {
  await gateway.model.post('measured', script(tokens));
  const sessions = Array.from({ length: streams }, () => v7());
  for (const sessionId of sessions) {
    bySession.set(sessionId, { arrivals: [], text: '', isEnded: false });
    await client.request('sessions/create', { sessionId, agentId: gateway.agentId });
    await client.request('sessions/subscribe', { subscriptionId: v7(), sessionId });
    await client.request('chat/send', { sessionId, messageId: v7(), text: '[[scenario:measured]]' });
  }
  await until(async () => (await gateway.model.chatRequests('scenario:measured')).length === streams, `${streams} requests at the model server`, 60_000);
  const [cpuBefore, before] = [cpuMs(gateway.process.pid), machineTicks()];
  await gateway.model.release('go');
  await until(() => [...bySession.values()].every(({ isEnded }) => isEnded), 'the end of every stream', 120_000, 100);
  const after = machineTicks();
  return { cpu: cpuMs(gateway.process.pid) - cpuBefore, busy: (100 * (after.busy - before.busy)) / (after.all - before.all) };
}

try {
  const client = await LightClient.connect(gateway.process, accept);
  const { cpu, busy } = await run(client);
  client.close();
  const expected = Array.from({ length: tokens }, (_, n) => `w${n + 1} `).join('');
  const lost = [...bySession.values()].filter(({ text }) => text !== expected).length;
  const [gaps, all] = [edgeTokens, 0].map((edge) => [...bySession.values()].flatMap(({ arrivals }) => gapsOf(arrivals, edge))) as [number[], number[]];
  await gateway.model.post('floor', { steps: script(isQuick ? 30 : 200).steps });
  const floor = await measureFloor();
  const p99 = percentile(gaps, 0.99);
  const perToken = (cpu * 1000) / (streams * tokens);
  const note = `p50 ${ms(percentile(gaps, 0.5))}, max ${ms(Math.max(...gaps))}; with the first and last ${edgeTokens} tokens p99 ${ms(percentile(all, 0.99))}; streams that differ from what was sent: ${lost}; the machine was ${busy.toFixed(0)} % busy; floor: straight from the model server`;
  printRow({ name: `${streams} streams at ${tokensPerSecond} tokens/s: inter-token p99`, goal: '<= 40 ms, none lost', figure: `${ms(p99)}, ${lost} lost`, ok: p99 <= 40 && lost === 0, floor: `p99 ${ms(percentile(floor, 0.99))}`, note });
  printRow({ name: `${streams} streams: gateway CPU a token`, goal: '<= 200 us', figure: `${perToken.toFixed(0)} us`, ok: perToken <= 200, note: `${cpu.toFixed(0)} ms for ${streams * tokens} tokens, ends of turns included` });
} finally {
  await gateway.dispose();
}
