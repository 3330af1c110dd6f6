import type { SessionEvent } from '../protocol/sessions.ts';
import type { Store, Stored } from '../store/store.ts';
import type { OutputTicks } from './outputTicks.ts';

/** What an appender needs. */
export interface EventAppenderOptions {
  readonly store: Pick<Store, 'appendEvents'>;
  /** Of all appenders. */
  readonly ticks: OutputTicks;
  readonly publish: (stored: Stored) => void;
  readonly sessionId: string;
  readonly turnId: string;
  readonly now: () => number;
  /** Called once, when events could not be stored; they were not shown either. */
  readonly onFailure: (error: unknown) => void;
}

const maxWaitingEvents = 256;

/**
 * Stores the events of one turn and publishes them once stored, in order. One append is under way at a time and what comes meanwhile
 * is the next, so a failed append is the last one: the log of a turn may end early, but has no hole.
 */
export class EventAppender {
  readonly #options: EventAppenderOptions;
  #waiting: SessionEvent[] = [];
  #storing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: EventAppenderOptions) {
    this.#options = options;
  }

  /** What is added in one tick is one append. */
  add(event: SessionEvent): void {
    if (this.#hasFailed) return;
    this.#waiting.push(event);
    this.#storing ??= this.#options.ticks.next(this).then(() => this.#storeAll());
  }

  /** More waits than the store keeps up with; who can wait should await `settled`. */
  get isBehind(): boolean {
    return this.#waiting.length > maxWaitingEvents;
  }

  /** Resolves when everything added so far was stored and published, or failed. */
  async settled(): Promise<void> {
    await this.#storing;
  }

  async #storeAll(): Promise<void> {
    const { store, publish, sessionId, turnId, now } = this.#options;
    try {
      while (this.#waiting.length > 0) {
        const events = this.#waiting;
        this.#waiting = [];
        publish(await store.appendEvents({ sessionId, turnId, events, at: now() }));
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#waiting = [];
      this.#options.onFailure(error);
    } finally {
      this.#storing = undefined;
    }
  }
}
