import type { FairGate } from '../base/fairGate.ts';
import type { DispatchRequest, TaskEnd } from '../exec/dispatcher.ts';
import type { ModelRoute } from '../inference/route.ts';
import type { LimitValues } from '../limits/limitTable.ts';
import type { Logger } from '../log/logger.ts';
import type { Policy } from '../policies/policy.ts';
import type { ModelChoice } from '../protocol/agents.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { Soul } from '../protocol/souls.ts';
import type { PreparedSandbox, SandboxEngine } from '../sandboxes/engine.ts';
import type { Store, Stored } from '../store/store.ts';
import type { Activity } from './activity.ts';
import type { OutputTicks } from './outputTicks.ts';

/** An agent with everything that its next turn needs. */
export interface AgentForTurn {
  readonly id: string;
  readonly name: string;
  readonly soul: { readonly soul: Soul; readonly text: string };
  readonly tools: readonly string[];
  readonly runtime: string;
  readonly model: ModelChoice;
  readonly policy: Policy;
  readonly policyWords: string;
}

/** What turns need of the rest; each is an interface so that a turn can be run against small real parts in tests. */
export interface TurnPorts {
  readonly store: Pick<Store, 'startAttempt' | 'freezeRun' | 'appendEvents' | 'endAttempt' | 'turnsForHistory' | 'nextTurn'>;
  /** Hands stored events to subscribers, in the order of the calls. */
  publish(stored: Stored): void;
  /** Throws `not_found` and the policy classes. */
  loadAgent(agentId: string): Promise<AgentForTurn>;
  readonly sandboxes: {
    readonly engine: SandboxEngine;
    /** Gives the agent's sandbox, made and probed where needed; throws the sandbox and policy classes. */
    ensure(agent: { readonly id: string; readonly name: string; readonly policy: Policy }): Promise<PreparedSandbox>;
    taskStarted(agentId: string): void;
    /** `transportError` is what ended the task when it was not the task itself. */
    taskEnded(agentId: string, transportError: ErrorInfo | undefined): void;
  };
  /** For a turn of this session. Throws `model_unreachable` and `model_not_found`. */
  resolveRoute(choice: ModelChoice, sessionId: string): Promise<ModelRoute>;
  /** Where a task gets its place among those that run at once. */
  /** When turns that stream at the same time store what they have. */
  readonly ticks: OutputTicks;
  readonly places: FairGate;
  dispatch(request: DispatchRequest): Promise<TaskEnd>;
  /** What counts for a task that begins now. */
  limits(): LimitValues;
  readonly runtimeBuild: string;
  readonly activity: Activity;
  readonly log: Logger;
  readonly newId: () => string;
  readonly now: () => number;
}
