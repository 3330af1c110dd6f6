import type { ParamsOf, RequestName, ResultOf } from '../../server/protocol/api.ts';
import type { Disposable } from '../disposableStore.ts';
import { Signal } from '../signal.ts';
import { AttemptError } from './attemptError.ts';
import { idleConnection, reduceConnection, type ConnectionEvent, type ConnectionState, type Failure } from './connectionState.ts';
import { asGatewayError, gatewayAway } from './gatewayError.ts';
import { SilenceWatch } from './silenceWatch.ts';
import type { GatewayInfo, GatewayLink, GatewayNotification, LinkListener } from './gatewayLink.ts';

/** Makes one connection; `isFirst` says that this window has had none yet, `isAnew` that a person asked for it. */
export type ConnectionAttempt = (why: { readonly isFirst: boolean; readonly isAnew: boolean }, signal: AbortSignal, listener: LinkListener) => Promise<GatewayLink>;

/** What a subscription needs to be ended, and whom its events go to. */
type EventHandler = (method: string, params: GatewayNotification['params']) => void;

/** What everything else of the extension sees of the gateway. */
export interface Gateway {
  readonly state: ConnectionState;
  readonly info: GatewayInfo | undefined;
  readonly onDidChange: (listener: (state: ConnectionState) => void) => Disposable;
  /** Whether it is connected and does not answer, and for how long. */
  readonly silence: Pick<SilenceWatch, 'isSilent' | 'quietMs' | 'onDidChange' | 'expect'>;
  /** Typed request; rejects with GatewayError, `cause: 'gateway_away'` when there is no gateway. */
  request<N extends RequestName>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>>;
  /** The same for a name and params that are data, such as a view's. */
  requestUnchecked(method: string, params: unknown): Promise<unknown>;
  /** Hands the events of one subscription to a handler, from before it is made until the result is disposed. */
  route(subscriptionId: string, handler: EventHandler): Disposable;
  /** Whether somebody has a route for this id. */
  isRouted(subscriptionId: string): boolean;
}

/** Keeps one connection to the gateway for as long as the window lives: drives `reduceConnection`, and nothing else decides. */
export class GatewayConnection implements Gateway, Disposable {
  readonly #attempt: ConnectionAttempt;
  readonly #say: (sentence: string) => void;
  readonly #changes: Signal<ConnectionState>;
  readonly #routes = new Map<string, EventHandler>();
  readonly silence: SilenceWatch;
  #state: ConnectionState = idleConnection;
  #link: GatewayLink | undefined;
  #timer: NodeJS.Timeout | undefined;
  #abort = new AbortController();
  #hasConnected = false;
  #isAnew = false;
  #isDisposed = false;

  constructor(attempt: ConnectionAttempt, say: (sentence: string) => void) {
    this.#attempt = attempt;
    this.#say = say;
    const report = (error: unknown) => say(`A listener of the connection failed: ${String(error)}`);
    this.#changes = new Signal(report);
    this.silence = new SilenceWatch(async () => this.#link?.request('gateway/status', {}).then(() => this.silence.heard()), report);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get info(): GatewayInfo | undefined {
    return this.#link?.info;
  }

  get onDidChange(): Gateway['onDidChange'] {
    return this.#changes.on;
  }

  /** Begins to connect; more than one call is one. */
  start(): void {
    this.#dispatch({ type: 'start' });
  }

  /** Tries again at once when the gateway is away and a later attempt is due anyway. */
  retryNow(): void {
    clearTimeout(this.#timer);
    this.#dispatch({ type: 'retry' });
  }

  /** Connects anew at once, with a fresh crash budget. The gateway itself is not touched. */
  reconnect(): void {
    this.#dropLink();
    this.#isAnew = true;
    this.#dispatch({ type: 'restart' });
  }

  async request<N extends RequestName>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
    return (await this.requestUnchecked(method, params)) as ResultOf<N>;
  }

  async requestUnchecked(method: string, params: unknown): Promise<unknown> {
    if (this.#link === undefined) throw gatewayAway();
    const waiting = this.silence.expect();
    try {
      return await this.#link.request(method, params);
    } catch (error) {
      throw asGatewayError(error);
    } finally {
      this.silence.heard();
      waiting.dispose();
    }
  }

  route(subscriptionId: string, handler: EventHandler): Disposable {
    this.#routes.set(subscriptionId, handler);
    return { dispose: () => this.#routes.delete(subscriptionId) };
  }

  isRouted(subscriptionId: string): boolean {
    return this.#routes.has(subscriptionId);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#dropLink();
    this.#routes.clear();
    this.silence.dispose();
    this.#changes.dispose();
  }

  #dropLink(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = undefined;
    link?.close();
  }

  #dispatch(event: ConnectionEvent): void {
    if (this.#isDisposed) return;
    const next = reduceConnection(this.#state, event);
    if (next === this.#state) return;
    const before = this.#state;
    this.#state = next;
    if (next.phase === 'connecting') void this.#connect();
    if (next.phase === 'offline') this.#timer = setTimeout(() => this.#dispatch({ type: 'retry' }), Math.max(0, next.retryTick - performance.now()));
    if (next.phase !== before.phase) this.#say(describe(next));
    this.#changes.emit(next);
  }

  async #connect(): Promise<void> {
    const { signal } = this.#abort;
    const mine: { link?: GatewayLink } = {};
    const why = { isFirst: !this.#hasConnected, isAnew: this.#isAnew };
    this.#isAnew = false;
    const listener: LinkListener = {
      onNotification: ({ method, params }) => {
        this.silence.heard();
        this.#routes.get(params.subscriptionId)?.(method, params);
      },
      onClose: () => this.#lose(mine.link),
      onProtocolError: (sentence) => this.#say(`The connection reported: ${sentence}`),
    };
    try {
      const link = await this.#attempt(why, signal, listener);
      if (signal.aborted || this.#isDisposed) return link.close();
      if (link.isOver()) throw new AttemptError('start_failed', 'The gateway ended soon after it had started.', { isDeath: true });
      mine.link = link;
      this.#link = link;
      this.#hasConnected = true;
      this.silence.heard();
      this.#dispatch({ type: 'opened', ...instant() });
    } catch (error) {
      if (!signal.aborted) this.#dispatch({ type: 'failed', ...instant(), failure: asFailure(error), jitter: Math.random() });
    }
  }

  #lose(link: GatewayLink | undefined): void {
    if (link === undefined || link !== this.#link) return;
    this.#link = undefined;
    this.#dispatch({ type: 'closed', ...instant(), jitter: Math.random() });
  }
}

/** This moment by both clocks. */
function instant(): { at: number; tick: number } {
  return { at: Date.now(), tick: performance.now() };
}

function asFailure(error: unknown): Failure {
  if (error instanceof AttemptError) return error.failure;
  return { code: 'start_failed', sentence: error instanceof Error ? error.message : String(error), isFinal: false, isDeath: false };
}

function describe(state: ConnectionState): string {
  if (state.phase === 'offline') return `${state.away.cause.sentence} Trying again in ${Math.max(0, Math.round(state.retryTick - performance.now()))} ms.`;
  if (state.phase === 'stopped') return `${state.away.cause.sentence} ${state.away.cause.hint ?? ''} No more attempts are made by themselves.`;
  return state.phase === 'connected' ? 'Connected to the gateway.' : 'Connecting to the gateway.';
}
