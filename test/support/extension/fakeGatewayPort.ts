import type { ParamsOf, RequestName, ResultOf } from '../../../server/protocol/api.ts';
import type { ConnectionState } from '../../../extension/server/connectionState.ts';
import { gatewayAway } from '../../../extension/server/gatewayError.ts';
import type { Gateway } from '../../../extension/server/gatewayConnection.ts';
import { Signal } from '../../../extension/signal.ts';

type Route = Parameters<Gateway['route']>[1];
type EventParams = Parameters<Route>[1];

/** The extension's own end of the gateway without a socket: answers by a table, and events by hand. */
export class FakeGatewayPort implements Gateway {
  readonly asked: { method: string; params: unknown }[] = [];
  readonly answers = new Map<string, (params: Record<string, unknown>) => unknown>();
  readonly routes = new Map<string, Route>();
  readonly info = undefined;
  /** What the port says of its silence; `fallSilent` changes it. */
  readonly silence = { isSilent: false, quietMs: 0, expected: 0, onDidChange: (listener: (isSilent: boolean) => void) => this.#silences.on(listener), expect: () => this.#expect() };
  readonly #changes = new Signal<ConnectionState>((error) => {
    throw error;
  });
  readonly #silences = new Signal<boolean>((error) => {
    throw error;
  });
  state: ConnectionState = { phase: 'connected', openedAt: 7, openedTick: 7, attempt: 0, deathTicks: [] };

  get onDidChange(): Gateway['onDidChange'] {
    return this.#changes.on;
  }

  get listenerCount(): number {
    return this.#changes.listenerCount + this.#silences.listenerCount;
  }

  /** Nothing has come for so long; 0 is an answer. */
  fallSilent(quietMs: number): void {
    Object.assign(this.silence, { isSilent: quietMs > 0, quietMs });
    this.#silences.emit(quietMs > 0);
  }

  #expect(): { dispose(): void } {
    this.silence.expected += 1;
    return { dispose: () => void (this.silence.expected -= 1) };
  }

  become(state: ConnectionState): void {
    this.state = state;
    this.#changes.emit(state);
  }

  async request<N extends RequestName>(method: N, params: ParamsOf<N>): Promise<ResultOf<N>> {
    return (await this.requestUnchecked(method, params)) as ResultOf<N>;
  }

  requestUnchecked(method: string, params: unknown): Promise<unknown> {
    this.asked.push({ method, params });
    if (this.state.phase !== 'connected') return Promise.reject(gatewayAway());
    const answer = this.answers.get(method);
    return Promise.resolve().then(() => answer?.(params as Record<string, unknown>) ?? {});
  }

  route(subscriptionId: string, handler: Route): { dispose(): void } {
    this.routes.set(subscriptionId, handler);
    return { dispose: () => void this.routes.delete(subscriptionId) };
  }

  isRouted(subscriptionId: string): boolean {
    return this.routes.has(subscriptionId);
  }

  /** Sends an event as the gateway would. */
  send(method: string, params: EventParams): void {
    this.routes.get(params.subscriptionId)?.(method, params);
  }

  methods(): string[] {
    return this.asked.map(({ method }) => method);
  }
}

/** The gateway was lost at `sinceAt`. */
export function lostAt(sinceAt: number): ConnectionState {
  const cause = { code: 'closed', sentence: 'The connection to the gateway ended.', isFinal: false, isDeath: false } as const;
  return { phase: 'offline', away: { cause, sinceAt }, retryTick: sinceAt + 250, attempt: 0, deathTicks: [] };
}
