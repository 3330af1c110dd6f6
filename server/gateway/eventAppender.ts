import type { SessionEvent } from '../protocol/sessions.ts';
import type { Store, Stored } from '../store/store.ts';

/** What an appender needs. */
export interface EventAppenderOptions {
  readonly store: Pick<Store, 'appendEvents'>;
  readonly publish: (stored: Stored) => void;
  readonly sessionId: string;
  readonly turnId: string;
  readonly now: () => number;
  /** Called once, when events could not be stored; they were not shown either. */
  readonly onFailure: (error: unknown) => void;
}

const maxAppendsInFlight = 64;

/** Stores the events of one turn and publishes them once stored, in order; what comes in one tick is one append. */
export class EventAppender {
  readonly #options: EventAppenderOptions;
  #waiting: SessionEvent[] = [];
  #inFlight: Promise<void> = Promise.resolve();
  #appendsInFlight = 0;
  #hasFailed = false;

  constructor(options: EventAppenderOptions) {
    this.#options = options;
  }

  add(event: SessionEvent): void {
    if (this.#hasFailed) return;
    this.#waiting.push(event);
    if (this.#waiting.length === 1) queueMicrotask(() => this.#append());
  }

  /** More is stored than the store keeps up with; who can wait should await `settled`. */
  get isBehind(): boolean {
    return this.#appendsInFlight > maxAppendsInFlight;
  }

  /** Resolves when everything added so far was stored and published, or failed. */
  async settled(): Promise<void> {
    this.#append();
    await this.#inFlight;
  }

  #append(): void {
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    const { store, publish, sessionId, turnId, now } = this.#options;
    const stored = store.appendEvents({ sessionId, turnId, events, at: now() });
    this.#appendsInFlight += 1;
    this.#inFlight = Promise.all([this.#inFlight, stored]).then(
      ([, result]) => {
        this.#appendsInFlight -= 1;
        publish(result);
      },
      (error: unknown) => {
        this.#appendsInFlight -= 1;
        this.#fail(error);
      },
    );
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailure(error);
  }
}
