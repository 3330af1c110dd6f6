import type { Memento } from 'vscode';
import type { Disposable } from './disposableStore.ts';
import type { Messages } from './messages.ts';
import type { Gateway } from './server/gatewayConnection.ts';

const SHOWN_KEY = 'storeNotice.shown';

/** Tells a person once what the gateway has to say of its store, such as that the database was made anew: nothing else on screen would. */
export class StoreNotice implements Disposable {
  readonly #gateway: Gateway;
  readonly #messages: Pick<Messages, 'noted'>;
  readonly #state: Pick<Memento, 'get' | 'update'>;
  readonly #listener: Disposable;

  /** `state` is shared by all windows, so that one of them tells. */
  constructor(gateway: Gateway, messages: Pick<Messages, 'noted'>, state: Pick<Memento, 'get' | 'update'>) {
    this.#gateway = gateway;
    this.#messages = messages;
    this.#state = state;
    this.#listener = gateway.onDidChange(({ phase }) => phase === 'connected' && void this.#ask());
  }

  dispose(): void {
    this.#listener.dispose();
  }

  async #ask(): Promise<void> {
    const status = await this.#gateway.request('gateway/status', {}).catch(() => undefined);
    const notice = status?.store.notice;
    if (notice === undefined || this.#state.get<string>(SHOWN_KEY) === notice) return;
    void this.#state.update(SHOWN_KEY, notice);
    this.#messages.noted(notice);
  }
}
