import type { Agent } from '../../server/protocol/agents.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import type { TopicsState } from '../../server/protocol/topics.ts';

/** The topics that the extension watches. */
export const watchedTopics = ['agents', 'sessions', 'sandboxes'] as const;

/** Adds sessions that were listed beyond the most recent ones; what events have told is newer and stays. */
export function withOlderSessions(state: TopicsState, older: readonly Session[]): TopicsState {
  return { ...state, sessions: new Map([...older.map((session) => [session.id, session] as const), ...state.sessions]) };
}

/** Agents by name. */
export function agentsByName(state: TopicsState): Agent[] {
  return [...state.agents.values()].sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
}

/** Sessions of an agent that are not deleted, the most recently changed first. */
export function sessionsOf(state: TopicsState, agentId: string): Session[] {
  return [...state.sessions.values()]
    .filter((session) => session.agentId === agentId && session.deletedAt === undefined)
    .sort(byChange);
}

/** The order of lists of sessions: the most recently changed first. */
export function byChange(a: Session, b: Session): number {
  return b.updatedAt - a.updatedAt || b.id.localeCompare(a.id);
}

/** The error of a host that cannot hold any sandbox, such as one without bubblewrap. */
export function engineProblem(state: TopicsState): Sandbox['error'] {
  for (const sandbox of state.sandboxes.values()) if (sandbox.error?.class === 'sandbox_unsupported') return sandbox.error;
  return undefined;
}
