import { routeKey, type ModelRoute } from '../inference/route.ts';
import { namesSaid } from '../inference/wire/calls/keptMembers.ts';
import type { ErrorInfo } from '../protocol/errors.ts';

/** More servers and models than anybody uses between two starts of a gateway. */
const maxRoutes = 200;

/** Members of messages that servers have refused, though they had sent them themselves: they get none again while the gateway runs. */
export class RefusedMembers {
  readonly #byRoute = new Map<string, Set<string>>();

  of(route: ModelRoute): ReadonlySet<string> {
    return this.#byRoute.get(routeKey(route)) ?? new Set();
  }

  /** Learns from how a call failed that may have carried the members of these names. */
  learn(route: ModelRoute, error: ErrorInfo, names: readonly string[]): void {
    const key = routeKey(route);
    if (error.cause === 'wants_back') this.#byRoute.delete(key);
    if (error.cause !== 'refuses_member') return;
    const known = this.#byRoute.get(key) ?? new Set<string>();
    for (const name of namesSaid(error.message, names)) known.add(name);
    if (known.size > 0 && (this.#byRoute.has(key) || this.#byRoute.size < maxRoutes)) this.#byRoute.set(key, known);
  }
}
