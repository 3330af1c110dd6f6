import type { Agent } from '../../server/protocol/agents.ts';
import type { TopicChange, TopicLists } from '../../server/protocol/gateway.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import type { Session } from '../../server/protocol/sessions.ts';

/** The topics that the extension watches. */
export const watchedTopics = ['agents', 'sessions', 'sandboxes'] as const;
type WatchedTopic = (typeof watchedTopics)[number];

/** What the gateway has, as last told; `startId` is empty before the first list. */
export interface TopicsState {
  readonly startId: string;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  readonly revisions: Readonly<Record<WatchedTopic, number>>;
}

/** What an event did: `stale` means that something was missed, so the lists must be asked for again. */
export type TopicsStep =
  | { readonly effect: 'none' }
  | { readonly effect: 'stale' }
  | { readonly effect: 'changed'; readonly state: TopicsState; readonly topic: WatchedTopic; readonly id: string; readonly before: Agent | Session | Sandbox | undefined };

/** An event of the gateway about one thing. */
export interface TopicEvent {
  readonly startId: string;
  readonly revision: number;
  readonly change: TopicChange;
}

/** Nothing is known yet. */
export const noTopics: TopicsState = {
  startId: '',
  agents: new Map(),
  sessions: new Map(),
  sandboxes: new Map(),
  revisions: { agents: 0, sessions: 0, sandboxes: 0 },
};

/** The state that a subscription starts from. */
export function fromLists(lists: TopicLists): TopicsState {
  return {
    startId: lists.startId,
    agents: new Map((lists.agents?.items ?? []).map((item) => [item.id, item])),
    sessions: new Map((lists.sessions?.items ?? []).map((item) => [item.id, item])),
    sandboxes: new Map((lists.sandboxes?.items ?? []).map((item) => [item.agentId, item])),
    revisions: { agents: lists.agents?.revision ?? 0, sessions: lists.sessions?.revision ?? 0, sandboxes: lists.sandboxes?.revision ?? 0 },
  };
}

/** Applies one event; one that the lists already contain does nothing. */
export function applyTopicEvent(state: TopicsState, event: TopicEvent): TopicsStep {
  const { change, revision } = event;
  if (event.startId !== state.startId) return { effect: 'stale' };
  if (change.topic === 'models') return { effect: 'none' };
  const known = state.revisions[change.topic];
  if (revision <= known) return { effect: 'none' };
  if (revision > known + 1) return { effect: 'stale' };
  const before = state[change.topic].get(change.id);
  const things = new Map<string, Agent | Session | Sandbox>(state[change.topic]);
  if (change.item === undefined) things.delete(change.id);
  else things.set(change.id, change.item);
  const revisions = { ...state.revisions, [change.topic]: revision };
  return { effect: 'changed', state: { ...state, [change.topic]: things, revisions }, topic: change.topic, id: change.id, before };
}

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
    .sort((a, b) => b.updatedAt - a.updatedAt || b.id.localeCompare(a.id));
}

/** The error of a host that cannot hold any sandbox, such as one without bubblewrap. */
export function engineProblem(state: TopicsState): Sandbox['error'] {
  for (const sandbox of state.sandboxes.values()) if (sandbox.error?.class === 'sandbox_unsupported') return sandbox.error;
  return undefined;
}
