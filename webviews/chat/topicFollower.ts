import type { EventParamsOf } from '../../server/protocol/api.ts';
import type { Sandbox } from '../../server/protocol/sandboxes.ts';
import { applyTopicEvent, noTopics, topicsOf } from '../../server/protocol/topics.ts';
import type { TopicsState } from '../../server/protocol/topics.ts';
import { relayErrorOf } from '../shared/hostLink.ts';
import type { HostLink } from '../shared/hostLink.ts';
import type { ChatStore } from './chatStore.ts';

/** Keeps agents and sandboxes up to date; a hole in a topic's revisions or another start of the gateway means to list again. */
export class TopicFollower {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  readonly #newId: () => string;
  #subscriptionId: string | undefined;
  #topics: TopicsState = noTopics;

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
      if (this.#subscriptionId !== subscriptionId) return;
      this.#noteReturning(lists.startId);
      this.#take(topicsOf(lists));
    } catch (error) {
      const failure = relayErrorOf(error);
      if (failure.class !== 'offline') this.#store.update((state) => ({ ...state, failure }));
    }
  }

  /** Takes an event of the wire. */
  receive(params: EventParamsOf<'gateway/event'>): void {
    if (params.subscriptionId !== this.#subscriptionId) return;
    const step = applyTopicEvent(this.#topics, params);
    if (step.effect === 'changed') this.#take(step.state);
    if (step.effect !== 'stale') return;
    this.#link.request('unsubscribe', { subscriptionId: params.subscriptionId }).catch(() => undefined);
    void this.follow();
  }

  /** Another gateway makes the sandboxes again that were ready for the one before. */
  #noteReturning(startId: string): void {
    if (startId === this.#topics.startId) return;
    const ready = [...this.#topics.sandboxes.values()].filter(({ isChatReady }) => isChatReady).map(({ agentId }) => agentId);
    this.#store.update((state) => ({ ...state, returning: new Set([...state.returning, ...ready]) }));
  }

  #take(topics: TopicsState): void {
    this.#topics = topics;
    const { agents, sandboxes } = topics;
    this.#store.update((state) => ({ ...state, agents, sandboxes, returning: new Set([...state.returning].filter((agentId) => isOnItsWay(sandboxes.get(agentId)))) }));
  }
}

function isOnItsWay(sandbox: Sandbox | undefined): boolean {
  return sandbox?.phase === 'absent' || sandbox?.phase === 'starting';
}
