import { answerSoFar, trimHistory } from '../exec/history.ts';
import { routeKey, type ModelRoute } from '../inference/route.ts';
import type { LimitValues } from '../limits/limitTable.ts';
import type { Attempt, Turn } from '../protocol/messages.ts';
import type { Stamp } from '../protocol/runs.ts';
import { messageText } from '../protocol/transcript.ts';
import { workerProtocolVersion, type Task } from '../protocol/worker.ts';
import type { EngineCapabilities } from '../sandboxes/engine.ts';
import { freezeStamp } from './stamp.ts';
import type { AgentForTurn } from './turnPorts.ts';

/** Freezes what the agent is for this run; a route whose model cannot use tools gets none. */
export function stampOf(agent: AgentForTurn, route: ModelRoute, runtimeBuild: string): Stamp {
  return freezeStamp({
    agent: { id: agent.id, name: agent.name },
    soul: { slug: agent.soul.soul.slug, version: agent.soul.soul.version, text: agent.soul.text },
    toolset: { tools: route.supportsTools ? [...agent.tools] : [] },
    runtime: { name: agent.runtime, build: runtimeBuild },
    model: {
      serverId: route.serverId,
      serverName: route.serverName,
      baseUrl: route.baseUrl,
      name: route.model,
      contextTokens: route.contextTokens,
      supportsTools: route.supportsTools,
      isTiny: route.isTiny,
      params: { ...route.params },
    },
    policy: { name: agent.policy.name, text: agent.policy.text, words: agent.policyWords, hash: agent.policy.hash },
  });
}

/** What a task is made of. */
export interface TaskSource {
  readonly stamp: Stamp;
  readonly turn: Turn;
  readonly attempt: number;
  readonly mode: Attempt['mode'];
  /** Ended turns before this one, newest first. */
  readonly earlier: readonly Turn[];
  readonly capabilities: EngineCapabilities;
  readonly canWriteWorkspace: boolean;
  /** Those that the worker holds go with the task. */
  readonly limits: Pick<LimitValues, 'iterations' | 'toolMs' | 'toolOutputBytes'>;
  readonly runId: string;
  readonly now: number;
}

/** Makes the task of one run, and says how many older turns its context had no room for. */
export function taskOf(source: TaskSource): { task: Omit<Task, 'stdin'>; leftOutTurns: number } {
  const { stamp, turn, capabilities, limits } = source;
  const message = messageText(turn.message);
  const route = routeKey({ baseUrl: stamp.model.baseUrl, model: stamp.model.name });
  const { steps, partial } = source.mode === 'resume' ? answerSoFar(turn, route) : { steps: [], partial: undefined };
  const { history, leftOutTurns } = trimHistory({
    turns: source.earlier,
    contextTokens: stamp.model.contextTokens,
    fixedTexts: [stamp.soul.text, message, ...(steps.length === 0 ? [] : [JSON.stringify(steps)]), partial ?? ''],
    toolCount: stamp.toolset.tools.length,
    route,
  });
  const task: Omit<Task, 'stdin'> = {
    v: workerProtocolVersion,
    taskId: source.runId,
    attempt: source.attempt,
    agent: { name: stamp.agent.name },
    soul: stamp.soul.text,
    history,
    message,
    ...(steps.length === 0 ? {} : { steps }),
    ...(partial === undefined ? {} : { partial }),
    model: {
      baseUrl: 'http://inference.local/v1',
      socketPath: capabilities.inferenceSocketPath,
      name: stamp.model.name,
      params: stamp.model.params,
      contextTokens: stamp.model.contextTokens,
    },
    tools: stamp.toolset.tools,
    workspace: { path: capabilities.workspacePath, access: source.canWriteWorkspace ? 'write' : 'read' },
    limits: { iterations: limits.iterations, toolMs: limits.toolMs, outputBytes: limits.toolOutputBytes },
    now: source.now,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  return { task, leftOutTurns };
}
