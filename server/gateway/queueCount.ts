import type { Disposable } from '../base/disposables.ts';
import type { Stored } from '../store/store.ts';
import type { Publisher } from './publisher.ts';

/** How many turns wait in queues, counted from what was stored since the gateway started. */
export class QueueCount implements Disposable {
  readonly #waiting = new Map<string, string>();
  readonly #listening: Disposable;

  constructor(publisher: Pick<Publisher, 'onStored'>) {
    this.#listening = publisher.onStored((stored) => this.#note(stored));
  }

  get count(): number {
    return this.#waiting.size;
  }

  dispose(): void {
    void this.#listening.dispose();
  }

  #note({ events }: Stored): void {
    for (const { event, turnId } of events) {
      if (event.kind === 'turn.queued') this.#waiting.set(event.turn.message.id, event.turn.id);
      if (event.kind === 'message.removed') this.#waiting.delete(event.messageId);
      if (event.kind === 'turn.started') this.#forgetTurn(turnId);
    }
  }

  #forgetTurn(turnId: string | undefined): void {
    for (const [messageId, waiting] of this.#waiting) if (waiting === turnId) this.#waiting.delete(messageId);
  }
}
