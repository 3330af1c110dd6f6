import type { ParsedParamsOf, RequestName, ResultOf } from '../protocol/api.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Who asks. Every connection with the token is the person at the keyboard. */
export type Principal = 'owner';

/** What a handler knows about its request beside the params. */
export interface RequestContext {
  readonly principal: Principal;
  /** Id of the connection, for the log. */
  readonly connectionId: string;
  /** What the client called itself in `initialize`. */
  readonly clientName: string;
  /** Aborted by `$/cancelRequest` and when the connection ends. */
  readonly signal: AbortSignal;
  /** The subscriptions of this connection. */
  readonly subscriptions: Subscriptions;
  /** Runs once the reply to this request was written; not at all when the request failed or the connection ended. */
  readonly afterReply: (action: () => void) => void;
}

/** Answers one method: params are parsed before, the result is parsed after; an AppError thrown becomes the error of its class. */
export type Handler<N extends RequestName> = (params: ParsedParamsOf<N>, context: RequestContext) => Promise<ResultOf<N>>;

/** A handler for each of the named methods; a missing one does not compile. */
export type HandlersOf<N extends RequestName> = { readonly [M in N]: Handler<M> };

/** Methods that the connection, the feeds and the process answer by themselves. */
export type OwnRequestName = 'gateway/status' | 'gateway/subscribe' | 'gateway/stop' | 'sessions/subscribe' | 'logs/subscribe' | 'unsubscribe';

/** Methods that the features answer. */
export type FeatureRequestName = Exclude<RequestName, OwnRequestName>;

/** Handlers of the features, put together by the composition root. */
export type FeatureHandlers = HandlersOf<FeatureRequestName>;
