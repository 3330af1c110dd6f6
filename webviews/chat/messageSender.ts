import { relayErrorOf } from '../shared/hostLink.ts';
import type { HostLink } from '../shared/hostLink.ts';
import type { PendingMessage } from './chatState.ts';
import { changePending, markStored, nextToSend } from './chatState.ts';
import type { ChatStore } from './chatStore.ts';

/**
 * Sends the pending messages one after another, in order, each under the id it got when it was written, so that saying it again after a lost
 * answer is saying it once. A message leaves the list only when the gateway has said that it is stored.
 */
export class MessageSender {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  readonly #onSessionCreated: () => void;
  #isSending = false;

  constructor(store: ChatStore, link: HostLink, onSessionCreated: () => void) {
    this.#store = store;
    this.#link = link;
    this.#onSessionCreated = onSessionCreated;
  }

  /** Sends what can be sent; call it after a message was added and after each connection. */
  async flush(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      let isGoingOn = true;
      while (isGoingOn && this.#store.isConnected) {
        const message = nextToSend(this.#store.state.pending);
        isGoingOn = message !== undefined && (await this.#send(message));
      }
    } finally {
      this.#isSending = false;
    }
  }

  /** Sends one message; false when the connection went and the rest has to wait. */
  async #send(message: PendingMessage): Promise<boolean> {
    const { messageId, sessionId, agentId, text } = message;
    try {
      if (message.isFirst) {
        await this.#link.request('sessions/create', { sessionId, agentId });
        this.#store.update((state) => ({ ...state, pending: state.pending.map((other) => (other.sessionId === sessionId ? { ...other, isFirst: false } : other)) }));
        this.#onSessionCreated();
      }
      await this.#link.request('chat/send', { sessionId, messageId, text });
      this.#store.update((state) => markStored(state, messageId));
      return true;
    } catch (thrown) {
      const error = relayErrorOf(thrown);
      if (error.class === 'offline') return false;
      this.#store.update((state) => changePending(state, messageId, (failed) => ({ ...failed, error })));
      return true;
    }
  }
}
