import { AppError } from '../base/appError.ts';
import type { Disposable } from '../base/disposables.ts';
import type { FrameWriter } from './frameWriter.ts';

/** One running subscription of a connection. */
export interface Subscription {
  readonly id: string;
  /** The way to the client. */
  readonly writer: FrameWriter;
  /** True once it was ended by the client, by its feed or with the connection. */
  readonly isEnded: boolean;
  /** Owns something that ends with the subscription; ends it at once when that is over. */
  own(item: Disposable): void;
  end(): void;
}

/** The subscriptions of one connection, each under an id of the client. */
export class Subscriptions implements Disposable {
  readonly #writer: FrameWriter;
  readonly #open = new Map<string, Subscription>();
  #isDisposed = false;

  constructor(writer: FrameWriter) {
    this.#writer = writer;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Opens a subscription; `conflict` while another of this connection has the id. */
  open(id: string): Subscription {
    if (this.#open.has(id)) {
      throw new AppError('conflict', `This connection already has a subscription ${id}.`, { reason: 'subscription_exists', hint: 'Unsubscribe first, or use a new id.', details: { subscriptionId: id } });
    }
    if (this.#open.size >= maxSubscriptions) {
      throw new AppError('limit_exceeded', `This connection already has ${maxSubscriptions} subscriptions.`, { reason: 'subscriptions', hint: 'Unsubscribe from what is not shown.', details: { limit: maxSubscriptions } });
    }
    const subscription = createSubscription(id, this.#writer, () => {
      if (this.#open.get(id) === subscription) this.#open.delete(id);
    });
    if (this.#isDisposed) subscription.end();
    else this.#open.set(id, subscription);
    return subscription;
  }

  /** Ends a subscription; one that is not known is already ended. */
  close(id: string): void {
    this.#open.get(id)?.end();
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const subscription of this.#open.values()) subscription.end();
  }
}

/** Enough for every view of many windows, few enough to bound what a client can make the gateway do. */
const maxSubscriptions = 256;

function createSubscription(id: string, writer: FrameWriter, onEnd: () => void): Subscription {
  let isEnded = false;
  const owned: Disposable[] = [];
  return {
    id,
    writer,
    get isEnded() {
      return isEnded;
    },
    own(item) {
      if (isEnded) void item.dispose();
      else owned.push(item);
    },
    end() {
      if (isEnded) return;
      isEnded = true;
      for (const item of owned.reverse()) void item.dispose();
      onEnd();
    },
  };
}
