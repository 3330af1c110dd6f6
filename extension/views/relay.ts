import type { CommandMessage, GatewayMessage, RelayError, RelayedEvent, ShowingMessage, ToWebview } from '../../webviews/shared/relayMessages.ts';
import { relayedEvents } from '../../webviews/shared/relayMessages.ts';
import type { RequestName } from '../../server/protocol/api.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import { isId } from '../ids.ts';
import type { ConnectionState } from '../server/connectionState.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { asGatewayError, workspaceUntrusted } from '../server/gatewayError.ts';
import { readHostCommand } from './hostCommandArgs.ts';
import { readUnsentMessage } from './unsentMessage.ts';
import type { UnsentMessages } from './unsentMessages.ts';
import { methodsThatNeedTrust, type ViewDefinition } from './views.ts';

/** What a relay needs of its surroundings. */
export interface RelayPorts {
  readonly view: ViewDefinition;
  readonly gateway: Gateway;
  readonly unsent: Pick<UnsentMessages, 'list' | 'keep' | 'drop'>;
  /** Posts to the page; what a hidden page misses it asks for again by itself. */
  post(message: ToWebview): void;
  isTrusted(): boolean;
  onReady(): void;
  onCommand(message: CommandMessage): void;
  onShowing(showing: ShowingMessage): void;
  log(sentence: string): void;
}

/** A message of the greatest length whose every character is escaped, and the rest of its request. */
const MAX_PARAMS_CHARACTERS = 8 * 1024 * 1024;
const MAX_SUBSCRIPTIONS = 16;
const forwarded: ReadonlySet<string> = new Set(relayedEvents);

/**
 * Between one webview and the gateway: checks what the page says, forwards what its view may ask, routes the events of its own
 * subscriptions to it, and ends them when the page goes. Holds no messages back: what cannot be asked now is refused now.
 */
export class Relay implements Disposable {
  readonly #ports: RelayPorts;
  readonly #owned = new DisposableStore();
  readonly #subscriptions = new Map<string, Disposable>();
  #lastGateway = '';
  /** Counts pages, so that an answer for a page that is gone is dropped. */
  #page = 0;

  constructor(ports: RelayPorts) {
    this.#ports = ports;
    this.#owned.add(ports.gateway.onDidChange((state) => this.#onConnection(state)));
    this.#owned.add(ports.gateway.silence.onDidChange(() => this.#sendGateway(ports.gateway.state)));
  }

  /** How many subscriptions the page has. */
  get subscriptionCount(): number {
    return this.#subscriptions.size;
  }

  /** Takes one message of the page; whatever it is, it does no harm. */
  receive(message: unknown): void {
    if (typeof message !== 'object' || message === null) return this.#ignore('something that is no object');
    const fields = message as Readonly<Record<string, unknown>>;
    switch (fields['type']) {
      case 'ready':
        return this.#greet();
      case 'request':
        return this.#takeRequest(fields);
      case 'command': {
        const command = readHostCommand(fields['command'], fields['args']);
        return command === undefined ? this.#ignore('a command that is not of the contract') : this.#ports.onCommand(command);
      }
      case 'showing':
        return this.#takeShowing(fields);
      case 'keep': {
        const unsent = readUnsentMessage(fields['message']);
        return unsent === undefined ? this.#ignore('an unsent message in a wrong shape') : this.#ports.unsent.keep(unsent);
      }
      case 'drop': {
        const { messageId } = fields;
        return isId(messageId) ? this.#ports.unsent.drop(messageId) : this.#ignore('a dropped message without an id');
      }
      default:
        return this.#ignore('a message of an unknown type');
    }
  }

  /** Tells the page facts of the window that have changed. */
  sendHost(): void {
    this.#ports.post({ type: 'host', isTrusted: this.#ports.isTrusted() });
  }

  /** The page is gone or hidden: nobody reads its events. */
  endSubscriptions(): void {
    this.#page += 1;
    for (const [subscriptionId, route] of this.#subscriptions) {
      route.dispose();
      this.#ports.gateway.request('unsubscribe', { subscriptionId }).catch(() => undefined);
    }
    this.#subscriptions.clear();
  }

  dispose(): void {
    this.endSubscriptions();
    this.#owned.dispose();
  }

  #greet(): void {
    this.endSubscriptions();
    this.sendHost();
    this.#lastGateway = '';
    this.#sendUnsent();
    this.#sendGateway(this.#ports.gateway.state);
    this.#ports.onReady();
  }

  #takeShowing({ agentId, sessionId, isRunning, isLatest }: Readonly<Record<string, unknown>>): void {
    const isIdOrNothing = (value: unknown) => value === undefined || isId(value);
    if (!isIdOrNothing(agentId) || !isIdOrNothing(sessionId) || typeof isRunning !== 'boolean') return this.#ignore('what it shows, in a wrong shape');
    this.#ports.onShowing({
      type: 'showing',
      isRunning,
      ...(isLatest === true ? { isLatest } : {}),
      ...(agentId === undefined ? {} : { agentId }),
      ...(sessionId === undefined ? {} : { sessionId }),
    });
  }

  #takeRequest({ id: requestId, method, params }: Readonly<Record<string, unknown>>): void {
    if (typeof requestId !== 'number' || !Number.isSafeInteger(requestId)) return this.#ignore('a request without an id');
    const page = this.#page;
    this.#forward(method, params).then(
      (result) => page === this.#page && this.#ports.post({ type: 'response', id: requestId, result: result ?? null }),
      (error: unknown) => page === this.#page && this.#ports.post({ type: 'response', id: requestId, error: asRelayError(error) }),
    );
  }

  async #forward(method: unknown, params: unknown): Promise<unknown> {
    const { view, gateway } = this.#ports;
    if (typeof method !== 'string' || !view.methods.has(method as RequestName)) {
      this.#ignore(`a request for ${String(method).slice(0, 100)}, which it may not make`);
      throw new RefusalError('forbidden', 'method_not_allowed', `The ${view.name} view may not ask for that.`);
    }
    if (typeof params !== 'object' || params === null || Array.isArray(params)) throw new RefusalError('invalid_params', 'params', 'The params are not an object.');
    if (JSON.stringify(params).length > MAX_PARAMS_CHARACTERS) throw new RefusalError('limit_exceeded', 'params', 'The request is over 8 MiB.');
    if (methodsThatNeedTrust.has(method) && !this.#ports.isTrusted()) throw workspaceUntrusted();
    const subscriptionId = (params as Record<string, unknown>)['subscriptionId'];
    if (method === 'unsubscribe') return this.#unsubscribe(subscriptionId);
    if (!method.endsWith('/subscribe')) return gateway.requestUnchecked(method, params);
    return this.#subscribe(method, params, subscriptionId);
  }

  async #subscribe(method: string, params: object, subscriptionId: unknown): Promise<unknown> {
    const { gateway } = this.#ports;
    if (!isId(subscriptionId)) throw new RefusalError('invalid_params', 'subscriptionId', 'The subscription has no id.');
    if (gateway.isRouted(subscriptionId)) throw new RefusalError('conflict', 'subscription_exists', 'The id of the subscription is taken.');
    if (this.#subscriptions.size >= MAX_SUBSCRIPTIONS) throw new RefusalError('limit_exceeded', 'subscriptions', `A view has at most ${MAX_SUBSCRIPTIONS} subscriptions.`);
    const route = gateway.route(subscriptionId, (name, event) => {
      if (forwarded.has(name)) this.#ports.post({ type: 'event', name: name as RelayedEvent, params: event } as unknown as ToWebview);
    });
    this.#subscriptions.set(subscriptionId, route);
    try {
      return await gateway.requestUnchecked(method, params);
    } catch (error) {
      if (this.#subscriptions.get(subscriptionId) === route) this.#subscriptions.delete(subscriptionId);
      route.dispose();
      throw error;
    }
  }

  async #unsubscribe(subscriptionId: unknown): Promise<unknown> {
    const route = typeof subscriptionId === 'string' ? this.#subscriptions.get(subscriptionId) : undefined;
    if (route === undefined || typeof subscriptionId !== 'string') return {};
    this.#subscriptions.delete(subscriptionId);
    route.dispose();
    return this.#ports.gateway.request('unsubscribe', { subscriptionId });
  }

  #onConnection(state: ConnectionState): void {
    if (state.phase !== 'connected') {
      for (const route of this.#subscriptions.values()) route.dispose();
      this.#subscriptions.clear();
    } else this.#sendUnsent();
    this.#sendGateway(state);
  }

  /** Before the page may send: what another window has dropped since must not go out from this one. */
  #sendUnsent(): void {
    this.#ports.post({ type: 'unsent', ...this.#ports.unsent.list() });
  }

  #sendGateway(state: ConnectionState): void {
    const message = gatewayMessage(state, this.#ports.gateway.silence, Date.now());
    const { ageMs: _age, ...facts } = message;
    const text = JSON.stringify([facts, state.phase === 'connected' ? state.openedAt : undefined]);
    if (text === this.#lastGateway) return;
    this.#lastGateway = text;
    this.#ports.post(message);
  }

  #ignore(what: string): void {
    this.#ports.log(`The ${this.#ports.view.name} view sent ${what}; it was ignored.`);
  }
}

/** What a page is told about the connection; a reconnection is `offline` until it has succeeded. `now` is in ms since 1970. */
export function gatewayMessage(state: ConnectionState, silence: Pick<Gateway['silence'], 'isSilent' | 'quietMs'>, now: number): GatewayMessage {
  if (state.phase === 'connected') {
    return silence.isSilent ? { type: 'gateway', state: 'connected', isSilent: true, ageMs: silence.quietMs } : { type: 'gateway', state: 'connected', ageMs: now - state.openedAt };
  }
  const away = 'away' in state ? state.away : undefined;
  if (away === undefined) return { type: 'gateway', state: 'connecting' };
  return { type: 'gateway', state: 'offline', cause: away.cause.sentence.replace(/\.$/, ''), ageMs: Math.max(0, now - away.sinceAt) };
}

/** A refusal of the relay itself, before the gateway was asked. */
class RefusalError extends Error {
  readonly relayError: RelayError;

  constructor(errorClass: RelayError['class'], cause: string, message: string) {
    super(message);
    this.relayError = { class: errorClass, message, cause, hint: 'Reload the view; if it happens again, send the log with your report.', retryable: false };
  }
}

function asRelayError(error: unknown): RelayError {
  if (error instanceof RefusalError) return error.relayError;
  const { info } = asGatewayError(error);
  return info.cause === 'gateway_away' ? { ...info, class: 'offline' } : info;
}
