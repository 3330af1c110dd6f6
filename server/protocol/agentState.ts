import type { Agent, AgentState } from './agents.ts';
import type { Sandbox } from './sandboxes.ts';
import type { Session } from './sessions.ts';

/**
 * The state of an agent as who looks at one of its sessions sees it, or at a new one, which is undefined: that its latest session failed
 * or was interrupted is said of that session alone; any other is as ready as the sandbox.
 */
export function agentStateBeside(agent: Pick<Agent, 'state'>, session: Pick<Session, 'state'> | undefined, sandbox: Pick<Sandbox, 'phase' | 'isChatReady'> | undefined): AgentState {
  if ((agent.state !== 'failed' && agent.state !== 'interrupted') || sandbox?.phase === 'failed') return agent.state;
  if (session?.state === 'failed' || session?.state === 'interrupted') return session.state;
  if (sandbox?.phase === 'starting') return 'starting';
  return sandbox?.isChatReady ? 'ready' : 'no_sandbox';
}
