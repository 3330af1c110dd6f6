import type { Agent } from './agents.ts';
import type { TopicChange, TopicLists } from './gateway.ts';
import type { ModelServer } from './models.ts';
import type { Sandbox } from './sandboxes.ts';
import type { Session } from './sessions.ts';

/** What a client knows of the topics that it watches, as last told; `startId` is empty before the first lists. A topic that it does not watch stays empty. */
export interface TopicsState {
  readonly startId: string;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly models: ReadonlyMap<string, ModelServer>;
  readonly revisions: Readonly<Record<TopicChange['topic'], number>>;
}

/** A thing of some topic. */
export type TopicThing = NonNullable<TopicChange['item']>;

/** What an event did: `stale` means that something was missed, so the lists must be asked for again. */
export type TopicsStep =
  | { readonly effect: 'none' }
  | { readonly effect: 'stale' }
  | { readonly effect: 'changed'; readonly state: TopicsState; readonly topic: TopicChange['topic']; readonly id: string; readonly before: TopicThing | undefined };

/** An event of the gateway about one thing. */
export interface TopicEvent {
  readonly startId: string;
  readonly revision: number;
  readonly change: TopicChange;
}

/** Nothing is known yet. */
export const noTopics: TopicsState = topicsOf({ startId: '' });

/** The state that a subscription starts from. */
export function topicsOf({ startId, agents, sandboxes, sessions, models }: TopicLists): TopicsState {
  return {
    startId,
    agents: new Map(agents?.items.map((item) => [item.id, item])),
    sandboxes: new Map(sandboxes?.items.map((item) => [item.agentId, item])),
    sessions: new Map(sessions?.items.map((item) => [item.id, item])),
    models: new Map(models?.items.map((item) => [item.id, item])),
    revisions: { agents: agents?.revision ?? 0, sandboxes: sandboxes?.revision ?? 0, sessions: sessions?.revision ?? 0, models: models?.revision ?? 0 },
  };
}

/** Folds one event into the state; one that the lists already contain does nothing. The one fold of topics, for every client. */
export function applyTopicEvent(state: TopicsState, { startId, revision, change }: TopicEvent): TopicsStep {
  const { topic, id, item } = change;
  if (startId !== state.startId) return { effect: 'stale' };
  const known = state.revisions[topic];
  if (revision <= known) return { effect: 'none' };
  if (revision > known + 1) return { effect: 'stale' };
  const things = new Map<string, TopicThing>(state[topic]);
  if (item === undefined) things.delete(id);
  else things.set(id, item);
  const revisions = { ...state.revisions, [topic]: revision };
  return { effect: 'changed', state: { ...state, [topic]: things, revisions }, topic, id, before: state[topic].get(id) };
}
