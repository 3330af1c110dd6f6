import type { EventParamsOf, ResultOf } from '../../server/protocol/api.ts';
import { relayErrorOf } from '../shared/hostLink.ts';
import type { HostLink } from '../shared/hostLink.ts';
import type { ChatState } from './chatState.ts';
import type { ChatStore } from './chatStore.ts';

type Revisions = Partial<Record<EventParamsOf<'gateway/event'>['change']['topic'], number>>;

/** Keeps agents and sandboxes up to date; a hole in a topic's revisions or another start of the gateway means to list again. */
export class TopicFollower {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  readonly #newId: () => string;
  #subscriptionId: string | undefined;
  #startId: string | undefined;
  #revisions: Revisions = {};

  constructor(store: ChatStore, link: HostLink, newId: () => string) {
    this.#store = store;
    this.#link = link;
    this.#newId = newId;
  }

  /** Subscribes anew; resolves when the lists stand, or when the connection went. */
  async follow(): Promise<void> {
    const subscriptionId = this.#newId();
    this.#subscriptionId = subscriptionId;
    try {
      const lists = await this.#link.request('gateway/subscribe', { subscriptionId, topics: ['agents', 'sandboxes'] });
      if (this.#subscriptionId === subscriptionId) this.#take(lists);
    } catch (error) {
      const failure = relayErrorOf(error);
      if (failure.class !== 'offline') this.#store.update((state) => ({ ...state, failure }));
    }
  }

  /** Takes an event of the wire. */
  receive(params: EventParamsOf<'gateway/event'>): void {
    if (params.subscriptionId !== this.#subscriptionId) return;
    const { change } = params;
    const known = this.#revisions[change.topic] ?? 0;
    if (params.startId === this.#startId && params.revision <= known) return;
    if (params.startId !== this.#startId || params.revision > known + 1) {
      this.#link.request('unsubscribe', { subscriptionId: params.subscriptionId }).catch(() => undefined);
      void this.follow();
      return;
    }
    this.#revisions[change.topic] = params.revision;
    this.#store.update((state) => applyChange(state, change));
  }

  #take(lists: ResultOf<'gateway/subscribe'>): void {
    this.#startId = lists.startId;
    this.#revisions = { agents: lists.agents?.revision ?? 0, sandboxes: lists.sandboxes?.revision ?? 0 };
    this.#store.update((state) => ({
      ...state,
      agents: new Map(lists.agents?.items.map((agent) => [agent.id, agent])),
      sandboxes: new Map(lists.sandboxes?.items.map((sandbox) => [sandbox.agentId, sandbox])),
    }));
  }
}

function applyChange(state: ChatState, change: EventParamsOf<'gateway/event'>['change']): ChatState {
  if (change.topic === 'agents') return { ...state, agents: withItem(state.agents ?? new Map(), change.id, change.item) };
  if (change.topic === 'sandboxes') return { ...state, sandboxes: withItem(state.sandboxes, change.id, change.item) };
  return state;
}

function withItem<T>(items: ReadonlyMap<string, T>, id: string, item: T | undefined): ReadonlyMap<string, T> {
  const next = new Map(items);
  if (item === undefined) next.delete(id);
  else next.set(id, item);
  return next;
}
