import { OutputTicks } from '../../../server/gateway/outputTicks.ts';
import { v7 as newId } from 'uuid';
import { FairGate } from '../../../server/base/fairGate.ts';
import type { DispatchRequest, TaskEnd } from '../../../server/exec/dispatcher.ts';
import { Activity } from '../../../server/gateway/activity.ts';
import type { Publisher } from '../../../server/gateway/publisher.ts';
import type { AgentForTurn, TurnPorts } from '../../../server/gateway/turnPorts.ts';
import { defaultRouteTimeouts, type ModelRoute } from '../../../server/inference/route.ts';
import { defaultValues } from '../../../server/limits/limitTable.ts';
import type { Machine } from '../../../server/limits/machine.ts';
import type { Logger } from '../../../server/log/logger.ts';
import type { RequestContext } from '../../../server/rpc/handlers.ts';
import type { PreparedSandbox, SandboxEngine } from '../../../server/sandboxes/engine.ts';
import type { Store } from '../../../server/store/store.ts';

/** A log that nobody reads. */
export const silent: Logger = { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** A machine on which no default depends. */
export const machine: Machine = { cores: 1, memoryBytes: 0, openFiles: undefined, processes: undefined };
/** Id of the agent of these turns. */
export const agentId = newId();
/** The agent of these turns. */
export const agent: AgentForTurn = {
  id: agentId,
  name: 'Coder',
  soul: { soul: { slug: 'general', name: 'General', summary: 'For all.', category: 'general', status: 'stable', version: '1', toolsets: { enforced: [], defaultEnabled: [], optional: [], forbidden: [] } }, text: 'Be brief.' },
  tools: ['read_file'],
  runtime: 'local',
  model: { kind: 'auto' },
  policy: { name: 'workspace-only', text: 'version: 1', hash: 'a'.repeat(64), filesystem: { includeWorkdir: true, readOnly: [], readWrite: [] }, landlock: 'best_effort', runAsUser: undefined, runAsGroup: undefined, networkRules: [], networkMiddlewares: [], networkHosts: [] },
  policyWords: 'Reads workspace, writes in workspace only, no network',
};
/** Leads nowhere: nothing is dispatched for real. */
export const route: ModelRoute = {
  serverId: 's', serverName: 'S', baseUrl: 'http://127.0.0.1:1/v1', model: 'm', contextTokens: 4096, supportsTools: true, isTiny: false, think: 'auto', params: {}, timeouts: defaultRouteTimeouts,
  authorization: async () => undefined,
};
/** An engine of which only the capabilities are asked. */
export const engine = { name: 'bubblewrap', capabilities: { keepsStdinOpen: true, inferenceSocketPath: '/run/logos/inference.sock', workspacePath: '/sandbox' } } as SandboxEngine;
/** The end of a task that went well. */
export const completed = { outcome: 'result', result: { frame: 'result', outcome: 'completed', text: '', iterations: 1 }, exitReason: 'exit 0', dispatchMs: 1, wasWarm: true } as const satisfies TaskEnd;
/** Who asks. */
export const context = { principal: 'owner', clientName: 'test' } as RequestContext;

/** A task that answers when it is let go, or ends as stopped. */
export function heldTask(): { dispatch: (request: DispatchRequest) => Promise<TaskEnd>; letGo: () => void; started: Promise<DispatchRequest> } {
  const started = Promise.withResolvers<DispatchRequest>();
  const gate = Promise.withResolvers<void>();
  return {
    started: started.promise,
    letGo: gate.resolve,
    dispatch: async (request) => {
      started.resolve(request);
      const stopped = new Promise<'stopped'>((resolve) => request.signal.addEventListener('abort', () => resolve('stopped')));
      await request.onFrame({ frame: 'text', text: 'part' });
      if ((await Promise.race([gate.promise, stopped])) === 'stopped') return { outcome: 'stopped', exitReason: 'SIGTERM', dispatchMs: 1, wasWarm: false };
      return completed;
    },
  };
}

/** The ports of a runner over a real store; a test brings the parts that it plays. */
export function turnPorts(own: { store: Store; publisher: Publisher; dispatch: TurnPorts['dispatch'] } & Partial<TurnPorts>): TurnPorts {
  const { publisher, ...rest } = own;
  return {
    publish: (stored) => publisher.publish(stored),
    loadAgent: async () => agent,
    sandboxes: { engine, ensure: async () => ({ homePath: '/nowhere' }) as PreparedSandbox, taskStarted: () => {}, taskEnded: () => {} },
    resolveRoute: async () => route,
    places: new FairGate(() => 8),
    ticks: new OutputTicks(),
    limits: () => ({ ...defaultValues(machine), iterations: 5 }),
    runtimeBuild: 'test',
    activity: new Activity(),
    log: silent,
    newId: () => newId(),
    now: Date.now,
    ...rest,
  };
}
