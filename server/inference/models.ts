import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../log/logger.ts';
import type { HttpClient } from '../net/http.ts';
import type { ModelChoice } from '../protocol/agents.ts';
import type { ModelServer } from '../protocol/models.ts';
import type { Store } from '../store/store.ts';
import { AddedServers, type NewServer, type ServerUpdate } from './addedServers.ts';
import type { EmbeddedModel } from './embedded/embeddedModel.ts';
import type { Keys } from './keys.ts';
import type { ModelRoute } from './route.ts';
import { createRouteResolver, type FindEarlierModel } from './routeResolver.ts';
import { createServerBook } from './serverBook.ts';
import { embeddedId, type KnownServer } from './servers.ts';

/** What the models need. */
export interface ModelsOptions {
  readonly store: Pick<Store, 'listServers' | 'addServer' | 'updateServer' | 'removeServer'>;
  readonly keys: Keys;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly embedded: EmbeddedModel;
  /** `builtInServers`, or none in a test. */
  readonly builtInServers: readonly KnownServer[];
  /** Limit of one probe, ms; 1,500. */
  readonly probeMs?: number;
}

/** A change of one server as lists show it; no item when it went. */
export interface ModelServerChange {
  readonly id: string;
  readonly item?: ModelServer | undefined;
}

/** The model servers, what they offer, and the way from a choice to a model. */
export interface Models {
  /** The servers in the order in which they are tried, as last probed. */
  servers(): Promise<ModelServer[]>;
  /** Probes all of them at once first. */
  list(): Promise<ModelServer[]>;
  /** Adds a server, or gives a known one another key; `conflict` when name or address belong to another. */
  add(server: NewServer): Promise<ModelServer>;
  /** Gives a server another name, address or key (null forgets it); what is left out stays, the key only as long as the server stays on its host. Throws `not_found`, `conflict` and, for name and address of the built-in ones, `forbidden`. */
  update(change: ServerUpdate): Promise<ModelServer>;
  /** Removing twice is once. Throws `not_found` for what never was and, for the built-in ones, `forbidden`. */
  remove(serverId: string): Promise<void>;
  /** Gives the route of a choice: at once where its server answered lately. Throws `model_unreachable` and `model_not_found`. `findEarlier` keeps *auto* from handing a session to the tiny model. */
  resolve(choice: ModelChoice, findEarlier?: FindEarlierModel): Promise<ModelRoute>;
  /** The route of a choice as far as it is known without asking anyone. */
  peek(choice: ModelChoice): ModelRoute | undefined;
  /** The server did not take a connection: it is asked again before it is used again. */
  invalidate(serverId: string): void;
  onChange(listener: (change: ModelServerChange) => void): Disposable;
}

/** Makes the Models. Reads the added servers from the store once, at the first call. */
export function createModels(options: ModelsOptions): Models {
  const { store, keys, embedded, log } = options;
  const changes = new Emitter<ModelServerChange>((error) => log.error('A listener of the models failed.', { data: { error: String(error) } }));
  const book = createServerBook({ ...options, onChange: (id, item) => changes.emit({ id, item }) });
  embedded.onChange(() => changes.emit({ id: embeddedId, item: embedded.view() }));
  let loading: Promise<void> | undefined;

  const load = (): Promise<void> => {
    loading ??= store.listServers().then(
      (records) => book.setAdded(records.map(({ id, name, kind, baseUrl }) => ({ id, name, kind, baseUrl, isBuiltIn: false }))),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };

  const views = (): ModelServer[] => [...book.views(), embedded.view()];
  const resolver = createRouteResolver({ book, embedded, keys });

  const added = new AddedServers({ store, keys, book, log });

  return {
    async servers() {
      await load();
      return views();
    },
    async list() {
      await load();
      await Promise.all(book.probeAll({ skipsFresh: true }).map(({ probe }) => probe));
      return views();
    },
    add: async (server) => {
      await load();
      return added.add(server);
    },
    update: async (change) => {
      await load();
      return added.update(change);
    },
    remove: async (serverId) => {
      await load();
      await added.remove(serverId);
    },
    async resolve(choice, findEarlier) {
      await load();
      return resolver.resolve(choice, findEarlier);
    },
    peek: (choice) => resolver.peek(choice),
    invalidate: (serverId) => book.invalidate(serverId),
    onChange: (listener) => changes.on(listener),
  };
}
