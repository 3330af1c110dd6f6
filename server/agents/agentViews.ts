import type { ModelRoute } from '../inference/route.ts';
import type { Agent, AgentState } from '../protocol/agents.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { Sandbox } from '../protocol/sandboxes.ts';
import type { Session } from '../protocol/sessions.ts';
import type { Soul } from '../protocol/souls.ts';
import type { AgentRecord } from '../store/store.ts';

/** What an agent's row is derived from, beside its record. */
export interface AgentFacts {
  readonly soul: Soul | undefined;
  readonly policyWords: string | undefined;
  readonly route: Agent['route'];
  readonly sandbox: Pick<Sandbox, 'phase' | 'isChatReady' | 'error'>;
  /** What it is doing; undefined when nothing runs. */
  readonly activityWord: string | undefined;
  /** How its most recently changed session stands. */
  readonly latestSession: Pick<Session, 'state'> | undefined;
  readonly lastError: ErrorInfo | undefined;
}

/** Derives what people see of an agent; pure. */
export function agentView(record: AgentRecord, facts: AgentFacts): Agent {
  const { soul: slug, policy, ...own } = record;
  const lastError = facts.lastError ?? facts.sandbox.error;
  return {
    ...own,
    soul: { slug, name: facts.soul?.name ?? slug, summary: facts.soul?.summary ?? 'Its soul cannot be read.' },
    policy: { name: policy, words: facts.policyWords ?? 'Its policy cannot be read, so everything is denied.' },
    ...(facts.route === undefined ? {} : { route: facts.route }),
    state: stateOf(facts),
    ...(facts.activityWord === undefined ? {} : { stateWord: facts.activityWord }),
    ...(lastError === undefined ? {} : { lastError }),
  };
}

/** Working comes first, then what a person must look at, then the sandbox. Ready means that the next message is accepted. */
function stateOf(facts: AgentFacts): AgentState {
  if (facts.activityWord !== undefined) return 'working';
  if (facts.sandbox.phase === 'failed') return 'failed';
  if (facts.latestSession?.state === 'failed') return 'failed';
  if (facts.latestSession?.state === 'interrupted') return 'interrupted';
  if (facts.sandbox.phase === 'starting') return 'starting';
  return facts.sandbox.isChatReady ? 'ready' : 'no_sandbox';
}

/** A route as an agent's row shows it. */
export function routeView(route: ModelRoute | undefined): Agent['route'] {
  if (route === undefined) return undefined;
  const address = URL.canParse(route.baseUrl) ? new URL(route.baseUrl).host : route.baseUrl;
  const { serverId, serverName, model, isTiny, supportsTools } = route;
  return { serverId, serverName, model, address, isTiny, supportsTools };
}
