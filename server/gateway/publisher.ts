import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Session } from '../protocol/sessions.ts';
import type { Stored } from '../store/store.ts';

/** Where everything that was stored is told: to session feeds, and as whole sessions to lists. */
export class Publisher {
  readonly #stored = new Emitter<Stored>();
  readonly #sessions = new Emitter<Session>();

  publish(stored: Stored): void {
    if (stored.events.length === 0) return;
    this.#stored.emit(stored);
    const changed = stored.events.findLast(({ event }) => event.kind === 'session.changed')?.event;
    if (changed?.kind === 'session.changed') this.#sessions.emit(changed.session);
  }

  /** Tells of a session that came without an event of its own. */
  publishSession(session: Session): void {
    this.#sessions.emit(session);
  }

  onStored(listener: (stored: Stored) => void): Disposable {
    return this.#stored.on(listener);
  }

  onSession(listener: (session: Session) => void): Disposable {
    return this.#sessions.on(listener);
  }
}
