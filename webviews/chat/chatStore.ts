import type { ChatState } from './chatState.ts';

/** Holds the state of the page and tells its one listener of each change, with what was before. */
export class ChatStore {
  #state: ChatState;
  #listener: (next: ChatState, previous: ChatState) => void = () => undefined;

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

  /** Sets the listener. */
  listen(listener: (next: ChatState, previous: ChatState) => void): void {
    this.#listener = listener;
  }

  /** Changes the state; the same value means no change. */
  update(change: (state: ChatState) => ChatState): void {
    const previous = this.#state;
    const next = change(previous);
    if (next === previous) return;
    this.#state = next;
    this.#listener(next, previous);
  }
}
