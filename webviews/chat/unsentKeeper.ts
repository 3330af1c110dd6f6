import type { HostLink } from '../shared/hostLink.ts';
import type { UnsentListMessage } from '../shared/relayMessages.ts';
import { goTo } from './chatState.ts';
import type { ChatState, PendingMessage } from './chatState.ts';
import type { ChatStore } from './chatStore.ts';

/** Has the host keep each message from the moment it is written until it is stored or removed, and takes back what the host kept for a page that went. */
export class UnsentKeeper {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  /** Messages that this page dropped; a list of the host that crossed with that on the way brings none of them back. */
  readonly #gone = new Set<string>();

  constructor(store: ChatStore, link: HostLink) {
    this.#store = store;
    this.#link = link;
    store.listen((next, previous) => {
      if (next.pending !== previous.pending) this.#tell(next.pending, previous.pending);
    });
  }

  /** Takes the host's list. With nobody on screen the chat goes to where the latest of them was written. */
  take({ messages, goneIds }: UnsentListMessage): void {
    const kept = new Set(messages.map(({ messageId }) => messageId));
    const gone = new Set([...goneIds, ...this.#gone]);
    const { pending } = this.#store.state;
    for (const message of pending) if (!message.isStored && !kept.has(message.messageId) && !gone.has(message.messageId)) this.#keep(message);
    const here = pending.filter((message) => message.isStored || !gone.has(message.messageId));
    const known = new Set(here.map(({ messageId }) => messageId));
    const added = messages.filter(({ messageId }) => !known.has(messageId) && !gone.has(messageId));
    if (added.length === 0 && here.length === pending.length) return;
    this.#store.update((state) => showLatest({ ...state, pending: [...here, ...added].sort((a, b) => a.createdAt - b.createdAt) }, added.at(-1)));
  }

  #tell(next: readonly PendingMessage[], previous: readonly PendingMessage[]): void {
    const unsent = new Set(next.flatMap(({ messageId, isStored }) => (isStored ? [] : [messageId])));
    const before = new Set(previous.map(({ messageId }) => messageId));
    for (const message of next) if (!message.isStored && !before.has(message.messageId)) this.#keep(message);
    for (const { messageId, isStored } of previous) {
      if (isStored || unsent.has(messageId)) continue;
      this.#gone.add(messageId);
      this.#link.post({ type: 'drop', messageId });
    }
  }

  #keep({ messageId, sessionId, agentId, text, createdAt, isFirst }: PendingMessage): void {
    this.#link.post({ type: 'keep', message: { messageId, sessionId, agentId, text, createdAt, isFirst } });
  }
}

function showLatest(state: ChatState, latest: { readonly agentId: string; readonly sessionId: string } | undefined): ChatState {
  return state.agentId !== undefined || latest === undefined ? state : goTo(state, latest.agentId, latest.sessionId);
}
