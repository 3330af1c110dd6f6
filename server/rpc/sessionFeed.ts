import type { Disposable } from '../base/disposables.ts';
import type { Logger } from '../log/logger.ts';
import type { Stored } from '../store/store.ts';
import type { Handler } from './handlers.ts';
import type { SessionFeedSource } from './services.ts';
import { SessionSubscriber, toSessionFrame } from './sessionSubscriber.ts';

/** Serves `sessions/subscribe`: every subscriber of a session gets its events once each, in order, stored before they are sent. */
export class SessionFeed implements Disposable {
  readonly #source: SessionFeedSource;
  readonly #log: Logger;
  readonly #subscribers = new Map<string, Set<SessionSubscriber>>();
  readonly #listening: Disposable;

  constructor(source: SessionFeedSource, log: Logger) {
    this.#source = source;
    this.#log = log;
    this.#listening = source.onStored((stored) => this.#publish(stored));
  }

  readonly subscribe: Handler<'sessions/subscribe'> = async ({ subscriptionId, sessionId, after }, context) => {
    const subscription = context.subscriptions.open(subscriptionId);
    try {
      const subscriber = new SessionSubscriber(subscription, sessionId, (seq, limit) => this.#source.eventsAfter(sessionId, seq, limit));
      subscription.own(this.#follow(sessionId, subscriber));
      const isKnown = after !== undefined && (await this.#source.eventsAfter(sessionId, after, 1)) !== undefined;
      const snapshot = isKnown ? undefined : await this.#source.snapshot(sessionId);
      const seq = snapshot?.seq ?? after ?? 0;
      context.afterReply(() => {
        subscriber.start(seq, isKnown).catch((error: unknown) => {
          this.#log.error('A replay failed; its subscriber is asked to begin again.', { sessionId, data: { error: String(error) } });
          subscriber.reset('behind');
        });
      });
      this.#source.onOpened(sessionId);
      const at = Date.now();
      return snapshot === undefined ? { resumed: true, at } : { resumed: false, at, snapshot };
    } catch (error) {
      subscription.end();
      throw error;
    }
  };

  async dispose(): Promise<void> {
    await this.#listening.dispose();
    this.#subscribers.clear();
  }

  #follow(sessionId: string, subscriber: SessionSubscriber): Disposable {
    const all = this.#subscribers.get(sessionId) ?? new Set<SessionSubscriber>();
    this.#subscribers.set(sessionId, all.add(subscriber));
    return {
      dispose: () => {
        all.delete(subscriber);
        if (all.size === 0 && this.#subscribers.get(sessionId) === all) this.#subscribers.delete(sessionId);
      },
    };
  }

  #publish({ sessionId, events }: Stored): void {
    const subscribers = this.#subscribers.get(sessionId);
    if (subscribers === undefined) return;
    for (const placed of events) {
      const frame = toSessionFrame(sessionId, placed);
      for (const subscriber of [...subscribers]) subscriber.publish(frame);
    }
  }
}
