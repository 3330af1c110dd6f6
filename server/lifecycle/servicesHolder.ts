import { asAppError, type AppError } from '../base/appError.ts';
import type { RequestName } from '../protocol/api.ts';
import type { FindHandler } from '../rpc/dispatch.ts';
import type { Handler, HandlersOf, OwnRequestName } from '../rpc/handlers.ts';
import { createLogSubscribe } from '../rpc/logSubscriptions.ts';
import type { GatewayServices, OpenServices, ServicesContext } from '../rpc/services.ts';
import { SessionFeed } from '../rpc/sessionFeed.ts';
import { TopicFeed } from '../rpc/topicFeed.ts';

/** Methods that answer also while the services are not there. */
export type ProcessHandlers = HandlersOf<'gateway/status' | 'gateway/stop'>;

/** Services that are there, with their feeds. */
interface Ready {
  readonly services: GatewayServices;
  readonly handlers: HandlersOf<RequestName>;
  dispose(): Promise<void>;
}

/** Opens the services once, keeps them or the reason why there are none, and finds handlers in them. */
export class ServicesHolder {
  readonly #opening: Promise<Ready>;
  readonly #own: ProcessHandlers;
  #ready: Ready | undefined;

  constructor(open: OpenServices, context: ServicesContext, own: ProcessHandlers) {
    this.#own = own;
    this.#opening = open(context).then(
      (services) => (this.#ready = prepare(services, context, own)),
      (thrown: unknown) => {
        const error = asAppError(thrown);
        context.log.of('gateway').error(`The services did not start: ${error.message}`, { data: { hint: error.hint, stack: (error.cause instanceof Error ? error.cause : error).stack ?? '' } });
        throw error;
      },
    );
    this.#opening.catch(() => undefined);
  }

  /** The services, if they are there now. */
  get current(): GatewayServices | undefined {
    return this.#ready?.services;
  }

  /** Resolves when it is known whether there are services: they, or the reason why not. */
  settled(): Promise<GatewayServices | AppError> {
    return this.#opening.then(
      ({ services }) => services,
      (error: unknown) => asAppError(error),
    );
  }

  /** The handler of a method; rejects with the class of what keeps the services away. */
  readonly find: FindHandler = async <N extends RequestName>(name: N): Promise<Handler<N>> => {
    if (name === 'gateway/status' || name === 'gateway/stop') return (this.#own as HandlersOf<RequestName>)[name];
    return (await this.#opening).handlers[name];
  };

  /** Ends the services, also those that are still being opened. */
  async dispose(): Promise<void> {
    const ready = await this.#opening.catch(() => undefined);
    await ready?.dispose();
  }
}

function prepare(services: GatewayServices, { log, startId }: ServicesContext, own: ProcessHandlers): Ready {
  const sessionFeed = new SessionFeed(services.sessionFeed, log.of('rpc'));
  const topicFeed = new TopicFeed(services.topics, startId);
  const feeds: HandlersOf<Exclude<OwnRequestName, keyof ProcessHandlers>> = {
    'gateway/subscribe': topicFeed.subscribe,
    'sessions/subscribe': sessionFeed.subscribe,
    'logs/subscribe': createLogSubscribe(log),
    unsubscribe: ({ subscriptionId }, { subscriptions }) => {
      subscriptions.close(subscriptionId);
      return Promise.resolve({});
    },
  };
  return {
    services,
    handlers: { ...services.handlers, ...feeds, ...own },
    async dispose() {
      // What the services still say as they end reaches those who listen.
      await services.dispose();
      await Promise.all([sessionFeed.dispose(), topicFeed.dispose()]);
    },
  };
}
