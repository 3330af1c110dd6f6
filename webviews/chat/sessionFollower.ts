import type { EventParamsOf } from '../../server/protocol/api.ts';
import { gatewayClock } from '../shared/gatewayClock.ts';
import { relayErrorOf } from '../shared/hostLink.ts';
import type { HostLink } from '../shared/hostLink.ts';
import type { ChatStore } from './chatStore.ts';
import { goTo, prependTurns, receiveEvent, takeSnapshot } from './chatState.ts';

/**
 * Keeps the session on screen up to date: subscribes, resumes after the last seq that was seen, asks again after a hole,
 * and reads older turns back. Only one subscription counts; events of any other are stale and ignored.
 */
export class SessionFollower {
  readonly #store: ChatStore;
  readonly #link: HostLink;
  readonly #newId: () => string;
  #subscription: { readonly id: string; readonly sessionId: string } | undefined;
  /** Events that came before the answer to the subscription was taken; absent when it has been. */
  #early: EventParamsOf<'sessions/event'>[] | undefined;

  /** What comes may have happened long ago. */
  #isReplaying = false;

  constructor(store: ChatStore, link: HostLink, newId: () => string) {
    this.#store = store;
    this.#link = link;
    this.#newId = newId;
  }

  /** Makes the subscription fit the state: call it after the connection or the session on screen changed. */
  follow(): void {
    const { sessionId, pending } = this.#store.state;
    if (!this.#store.isConnected) {
      this.#subscription = undefined;
      return;
    }
    if (this.#subscription?.sessionId === sessionId) return;
    this.#leave();
    const isUnborn = pending.some((message) => message.sessionId === sessionId && message.isFirst);
    if (sessionId !== undefined && !isUnborn) void this.#subscribe(sessionId, true);
  }

  /** Takes an event of the wire. */
  receive(params: EventParamsOf<'sessions/event'>): void {
    if (params.subscriptionId !== this.#subscription?.id) return;
    if (this.#early !== undefined) {
      this.#early.push(params);
      return;
    }
    gatewayClock.hear(params.at, !this.#isReplaying);
    const received = receiveEvent(this.#store.state, params);
    if (received.isGap) return this.#startOver(true);
    this.#store.update(() => received.state);
  }

  /** Takes the word that this subscription is over. */
  reset(params: EventParamsOf<'sessions/reset'>): void {
    if (params.subscriptionId !== this.#subscription?.id) return;
    if (params.reason === 'behind') return this.#startOver(false);
    this.#subscription = undefined;
    this.#store.update((state) => goTo(state, state.agentId, undefined));
  }

  /** Reads one page of older turns, unless one is on its way or none is left. */
  async loadOlder(limit: number): Promise<void> {
    const { snapshot, isLoadingOlder } = this.#store.state;
    const before = snapshot?.turns[0]?.ordinal;
    if (snapshot === undefined || before === undefined || !snapshot.hasOlderTurns || isLoadingOlder || !this.#store.isConnected) return;
    this.#store.update((state) => ({ ...state, isLoadingOlder: true }));
    const sessionId = snapshot.session.id;
    try {
      const { turns, hasOlderTurns } = await this.#link.request('sessions/turns', { sessionId, before, limit });
      this.#store.update((state) => prependTurns(state, sessionId, turns, hasOlderTurns));
    } catch (error) {
      const failure = relayErrorOf(error);
      this.#store.update((state) => ({ ...state, isLoadingOlder: false, failure: failure.class === 'offline' ? state.failure : failure }));
    }
  }

  #startOver(isResuming: boolean): void {
    const sessionId = this.#subscription?.sessionId;
    this.#leave();
    if (sessionId !== undefined) void this.#subscribe(sessionId, isResuming);
  }

  #leave(): void {
    const left = this.#subscription;
    this.#subscription = undefined;
    if (left !== undefined) this.#unsubscribe(left.id);
  }

  /** Nobody waits for the answer: a subscription that could not be ended is ignored by its id. */
  #unsubscribe(subscriptionId: string): void {
    this.#link.request('unsubscribe', { subscriptionId }).catch(() => undefined);
  }

  async #subscribe(sessionId: string, isResuming: boolean): Promise<void> {
    const subscription = { id: this.#newId(), sessionId };
    this.#subscription = subscription;
    this.#early = [];
    const { snapshot } = this.#store.state;
    const after = isResuming && snapshot?.session.id === sessionId ? { after: snapshot.seq } : {};
    try {
      const result = await this.#link.request('sessions/subscribe', { subscriptionId: subscription.id, sessionId, ...after });
      if (this.#subscription !== subscription) return;
      gatewayClock.set(result.at);
      this.#isReplaying = result.resumed;
      if (!result.resumed) this.#store.update((state) => takeSnapshot(state, result.snapshot));
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const params of early) this.receive(params);
    } catch (error) {
      if (this.#subscription === subscription) this.#fail(sessionId, error);
    }
  }

  #fail(sessionId: string, error: unknown): void {
    this.#subscription = undefined;
    const failure = relayErrorOf(error);
    if (failure.class === 'offline') return;
    this.#store.update((state) => {
      const isGone = failure.class === 'not_found' && state.sessionId === sessionId && !state.pending.some((message) => message.sessionId === sessionId);
      return isGone ? goTo(state, state.agentId, undefined) : { ...state, failure };
    });
  }
}
