import type { ChatState } from './chatState.ts';

/** Holds the state of the page and tells its listeners of each change, with what was before. */
export class ChatStore {
  #state: ChatState;
  readonly #listeners: ((next: ChatState, previous: ChatState) => void)[] = [];

  constructor(state: ChatState) {
    this.#state = state;
  }

  get state(): ChatState {
    return this.#state;
  }

  /** Whether the gateway can be asked at present. */
  get isConnected(): boolean {
    return this.#state.link.state === 'connected';
  }

  /** Adds a listener for as long as the page lives. */
  listen(listener: (next: ChatState, previous: ChatState) => void): void {
    this.#listeners.push(listener);
  }

  /** Changes the state; the same value means no change. */
  update(change: (state: ChatState) => ChatState): void {
    const previous = this.#state;
    const next = change(previous);
    if (next === previous) return;
    this.#state = next;
    for (const listener of this.#listeners) listener(next, previous);
  }
}
