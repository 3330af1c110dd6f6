import type { Disposable } from '../base/disposables.ts';
import { DisposableStack } from '../base/disposables.ts';
import { Topic, type TopicLists } from '../protocol/gateway.ts';
import type { Handler } from './handlers.ts';
import type { TopicSources } from './services.ts';
import { SharedFrame } from './sharedFrame.ts';
import type { Subscription } from './subscriptions.ts';

/** One change with its place in its topic. */
interface Revised {
  readonly topic: Topic;
  readonly frame: SharedFrame;
}

/** One subscriber: waits for its reply, then follows; one that is behind gets the last change of each topic later, and sees the gap. */
interface TopicSubscriber {
  readonly subscription: Subscription;
  readonly topics: ReadonlySet<Topic>;
  hasReply: boolean;
  /** Changes that came before the reply was written. */
  waiting: Revised[];
  /** The last change of each topic that could not be sent. */
  readonly held: Map<Topic, Revised>;
}

/** Serves `gateway/subscribe`: lists with their revisions, then every change with the next one. */
export class TopicFeed implements Disposable {
  readonly #sources: TopicSources;
  readonly #startId: string;
  readonly #revisions = new Map<Topic, number>();
  readonly #subscribers = new Set<TopicSubscriber>();
  readonly #listening = new DisposableStack();

  constructor(sources: TopicSources, startId: string) {
    this.#sources = sources;
    this.#startId = startId;
    for (const topic of Topic.options) this.#listening.add(sources[topic].onChange((change) => this.#publish(topic, change)));
  }

  readonly subscribe: Handler<'gateway/subscribe'> = async ({ subscriptionId, topics }, context) => {
    const subscription = context.subscriptions.open(subscriptionId);
    const subscriber: TopicSubscriber = { subscription, topics: new Set(topics), hasReply: false, waiting: [], held: new Map() };
    this.#subscribers.add(subscriber);
    subscription.own({ dispose: () => void this.#subscribers.delete(subscriber) });
    subscription.own(subscription.writer.onDrain(() => sendHeld(subscriber)));
    try {
      const lists = await this.#readLists(subscriber.topics);
      context.afterReply(() => {
        subscriber.hasReply = true;
        for (const revised of subscriber.waiting.splice(0)) send(subscriber, revised);
      });
      return lists;
    } catch (error) {
      subscription.end();
      throw error;
    }
  };

  dispose(): Promise<void> {
    return this.#listening.dispose();
  }

  /** A list may be newer than its revision; the changes after that revision hold whole things, so saying them again is harmless. */
  async #readLists(topics: ReadonlySet<Topic>): Promise<TopicLists> {
    const read = async <T extends Topic>(topic: T): Promise<{ [K in T]: { revision: number; items: Awaited<ReturnType<TopicSources[T]['list']>> } } | object> => {
      if (!topics.has(topic)) return {};
      const revision = this.#revisions.get(topic) ?? 0;
      return { [topic]: { revision, items: await this.#sources[topic].list() } };
    };
    const lists = await Promise.all(Topic.options.map((topic) => read(topic)));
    return Object.assign({ startId: this.#startId }, ...lists) as TopicLists;
  }

  #publish(topic: Topic, change: { readonly id: string; readonly item?: unknown }): void {
    const revision = (this.#revisions.get(topic) ?? 0) + 1;
    this.#revisions.set(topic, revision);
    const item = change.item === undefined ? {} : { item: change.item };
    const frame = new SharedFrame('gateway/event', { startId: this.#startId, revision, change: { topic, id: change.id, ...item } });
    for (const subscriber of [...this.#subscribers]) {
      if (!subscriber.topics.has(topic)) continue;
      if (subscriber.hasReply) send(subscriber, { topic, frame });
      else keep(subscriber, { topic, frame });
    }
  }
}

/** A client whose reply takes so long sees a gap, and subscribes again. */
const maxWaiting = 256;

function keep({ waiting }: TopicSubscriber, revised: Revised): void {
  if (waiting.push(revised) > maxWaiting) waiting.shift();
}

function send(subscriber: TopicSubscriber, revised: Revised): void {
  const { subscription, held } = subscriber;
  if (subscription.isEnded) return;
  if (subscription.writer.isBehind || held.size > 0) held.set(revised.topic, revised);
  else revised.frame.sendTo(subscription.writer, subscription.id);
}

function sendHeld({ subscription, held }: TopicSubscriber): void {
  for (const revised of held.values()) {
    if (!subscription.isEnded) revised.frame.sendTo(subscription.writer, subscription.id);
  }
  held.clear();
}
