import type { Agent } from '../../server/protocol/agents.ts';
import type { GatewayStatus } from '../../server/protocol/gateway.ts';
import type { ModelServer } from '../../server/protocol/models.ts';
import type { EngineCheck, Sandbox } from '../../server/protocol/sandboxes.ts';
import { foundWords } from '../commands/modelRows.ts';
import { labelText } from '../trees/labelText.ts';
import { agentLook, modelWords } from '../trees/rows.ts';
import { bytesWords } from './policyPage.ts';

/** What the page about the gateway is made from; `now` is in ms since 1970. */
export interface StatusFacts {
  readonly status: GatewayStatus;
  readonly servers: readonly ModelServer[];
  readonly agents: readonly Agent[];
  readonly now: number;
}

/** The text that says how the gateway, the model servers and the agents stand. */
export function statusPage({ status, servers, agents, now }: StatusFacts): string {
  const { runningTurns, queuedTurns, tasks, store, node } = status;
  const work = runningTurns === 0 ? 'Nothing runs' : `${runningTurns} ${runningTurns === 1 ? 'turn runs' : 'turns run'}`;
  const waiting = queuedTurns === 0 ? '' : `, ${queuedTurns} ${queuedTurns === 1 ? 'message waits' : 'messages wait'}`;
  const storeWords = store.error === undefined ? (store.notice ?? 'in order') : `${store.error.message} ${store.error.hint}`;
  const gateway = [
    ['Version', `${status.version}, protocol ${status.protocol}, build ${status.build}`],
    ['Tasks', `${tasks.running} of at most ${tasks.most} at once${tasks.waiting === 0 ? '' : `, ${tasks.waiting} wait for a free place`}`],
    ['Process', `${status.pid}, for ${agoWords(now - status.startedAt)}, ${bytesWords(status.memoryBytes)} of memory, ${status.connections} connected`],
    ['Node', `${node.version} at ${node.path}`],
    ['Node of workers', node.workerPath],
    ['State', status.home],
    ['Log', status.logPath],
    ['Database', storeWords],
  ];
  return page([
    [`The gateway is running. ${work}${waiting}.`],
    ['Gateway', ...rowsOf(gateway)],
    ['Model servers', ...rowsOf(servers.map((server) => [server.name, `${server.kind === 'embedded' ? 'on this machine' : server.baseUrl}, ${foundWords(server)}`]))],
    ['Agents', ...rowsOf(agents.map((agent) => [agent.name, `${agentLook(agent, true).word} · ${modelWords(agent)} · ${agent.policy.words}`]))],
  ]);
}

/** The page while no gateway answers: why, and what was last known of it. `at` is when that was read, in ms since 1970. */
export function awayPage(cause: string, known: string, at: number): string {
  const [lead = '', ...rest] = known.split('\n');
  const clock = new Date(at).toLocaleTimeString(undefined, { hour12: false });
  return [`The gateway is away. ${labelText(cause, 400)}`, `Last known, at ${clock}: ${lead}`, ...rest].join('\n');
}

/** The text that says whether this host can hold sandboxes, and how each of them stands. */
export function sandboxesPage(engine: EngineCheck, sandboxes: readonly { readonly name: string; readonly sandbox: Sandbox }[]): string {
  const { error, version, latencyMs } = engine;
  const lead = error === undefined ? `Sandboxes can be held here, by ${labelText(version ?? engine.engine, 80)}.` : `No sandbox can be held here. ${labelText(error.message, 400)}`;
  const facts = error === undefined ? `It was tried just now, in ${Math.round(latencyMs ?? 0)} ms.` : labelText(error.hint, 400);
  return page([[lead, facts], ['Agents', ...rowsOf(sandboxes.map(({ name, sandbox }) => [name, sandboxWords(sandbox)]))]]);
}

function sandboxWords({ isChatReady, phase, error, runningTasks }: Sandbox): string {
  if (error !== undefined) return `Failed. ${error.message} ${error.hint}`;
  if (isChatReady) return runningTasks === 0 ? 'Ready. The next message is accepted.' : `Ready, ${runningTasks} ${runningTasks === 1 ? 'task runs' : 'tasks run'}.`;
  return phase === 'absent' ? 'Not started. Its first message starts it.' : 'Starting.';
}

function page(sections: readonly (readonly string[])[]): string {
  return `${sections.map(([head = '', ...lines]) => [head, ...(lines.length === 0 && head !== '' && !head.endsWith('.') ? ['  none'] : lines)].join('\n')).join('\n\n')}\n`;
}

function rowsOf(rows: readonly (readonly string[])[]): string[] {
  const width = Math.min(24, Math.max(0, ...rows.map(([name = '']) => labelText(name, 60).length)));
  return rows.map(([name = '', words = '']) => `  ${labelText(name, 60).padEnd(width)}  ${labelText(words, 600)}`);
}

function agoWords(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
