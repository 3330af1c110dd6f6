import type { Session } from '../../server/protocol/sessions.ts';
import { applyTopicEvent, noTopics, topicsOf, type TopicEvent, type TopicsState, type TopicsStep } from '../../server/protocol/topics.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import { newId } from '../ids.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { isAway } from '../server/gatewayError.ts';
import { Signal } from '../signal.ts';
import { watchedTopics, withOlderSessions } from './topicsQueries.ts';

/** What changed: everything, one thing of a topic, or sessions of an agent are known that a list gave. */
export type TopicsNews = { readonly kind: 'all' } | { readonly kind: 'listed'; readonly agentId: string } | ({ readonly kind: 'one' } & Omit<Extract<TopicsStep, { effect: 'changed' }>, 'effect' | 'state'>);

/** Keeps `TopicsState` in step with the gateway: subscribes on each connection, and again whenever something was missed. */
export class TopicsFeed implements Disposable {
  readonly #gateway: Gateway;
  readonly #news: Signal<TopicsNews>;
  readonly #owned = new DisposableStore();
  readonly #say: (sentence: string) => void;
  #state: TopicsState = noTopics;
  #isLive = false;
  #route: Disposable | undefined;
  #subscriptionId: string | undefined;

  constructor(gateway: Gateway, say: (sentence: string) => void) {
    this.#gateway = gateway;
    this.#say = say;
    this.#news = this.#owned.add(new Signal((error) => say(`A listener of the topics failed: ${String(error)}`)));
    this.#owned.add(gateway.onDidChange(({ phase }) => (phase === 'connected' ? void this.#subscribe() : this.#lose())));
    this.#owned.add(gateway.silence.onDidChange(() => this.#news.emit({ kind: 'all' })));
    if (gateway.state.phase === 'connected') void this.#subscribe();
  }

  get state(): TopicsState {
    return this.#state;
  }

  /** The state is the gateway's present one, not merely the last known. */
  get isLive(): boolean {
    return this.#isLive && !this.#gateway.silence.isSilent;
  }

  get onDidChange(): (listener: (news: TopicsNews) => void) => Disposable {
    return this.#news.on;
  }

  /** Adds sessions of an agent that a list gave. */
  addSessions(agentId: string, sessions: readonly Session[]): void {
    this.#state = withOlderSessions(this.#state, sessions);
    this.#news.emit({ kind: 'listed', agentId });
  }

  dispose(): void {
    this.#route?.dispose();
    this.#owned.dispose();
  }

  #lose(): void {
    this.#route?.dispose();
    this.#subscriptionId = undefined;
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#news.emit({ kind: 'all' });
  }

  async #subscribe(): Promise<void> {
    const subscriptionId = newId();
    const held: TopicEvent[] = [];
    let isHolding = true;
    this.#route?.dispose();
    this.#subscriptionId = subscriptionId;
    this.#route = this.#gateway.route(subscriptionId, (method, params) => {
      const event = method === 'gateway/event' ? readTopicEvent(params) : undefined;
      if (event === undefined) return;
      if (isHolding) held.push(event);
      else this.#apply(event);
    });
    try {
      const lists = await this.#gateway.request('gateway/subscribe', { subscriptionId, topics: [...watchedTopics] });
      if (this.#subscriptionId !== subscriptionId) return;
      isHolding = false;
      this.#state = topicsOf(lists);
      this.#isLive = true;
      this.#news.emit({ kind: 'all' });
      for (const event of held) this.#apply(event);
    } catch (error) {
      if (!isAway(error)) this.#say(`The lists of agents could not be had: ${String(error)}`);
    }
  }

  #apply(event: TopicEvent): void {
    const step = applyTopicEvent(this.#state, event);
    if (step.effect === 'none') return;
    if (step.effect === 'stale') return this.#resubscribe();
    this.#state = step.state;
    this.#news.emit({ kind: 'one', topic: step.topic, id: step.id, before: step.before });
  }

  #resubscribe(): void {
    const ended = this.#subscriptionId;
    if (ended !== undefined) this.#gateway.request('unsubscribe', { subscriptionId: ended }).catch(() => undefined);
    void this.#subscribe();
  }
}

/** The envelope of an event; undefined when it does not look like one. */
function readTopicEvent(params: Readonly<Record<string, unknown>>): TopicEvent | undefined {
  const { startId, revision, change } = params as Partial<TopicEvent>;
  if (typeof startId !== 'string' || typeof revision !== 'number' || typeof change !== 'object' || change === null) return undefined;
  return typeof change.id === 'string' && typeof change.topic === 'string' ? { startId, revision, change } : undefined;
}
