import { randomUUID } from 'node:crypto';
import { AppError } from '../base/appError.ts';
import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../log/logger.ts';
import type { HttpClient } from '../net/http.ts';
import type { ModelChoice } from '../protocol/agents.ts';
import type { ModelServer } from '../protocol/models.ts';
import type { Store } from '../store/store.ts';
import { normaliseBaseUrl } from './baseUrl.ts';
import type { EmbeddedModel } from './embedded/embeddedModel.ts';
import type { Keys } from './keys.ts';
import type { ModelRoute } from './route.ts';
import { createRouteResolver, type FindEarlierModel } from './routeResolver.ts';
import { createServerBook } from './serverBook.ts';
import { embeddedId, type KnownServer } from './servers.ts';

/** What the models need. */
export interface ModelsOptions {
  readonly store: Pick<Store, 'listServers' | 'addServer' | 'removeServer'>;
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
  add(server: { readonly name: string; readonly baseUrl: string; readonly key?: string | undefined }): Promise<ModelServer>;
  /** Throws `not_found` and, for the built-in ones, `forbidden`. */
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

  async function add({ name, baseUrl, key }: Parameters<Models['add']>[0]): Promise<ModelServer> {
    const address = normaliseBaseUrl(baseUrl);
    const present = book.servers().filter((server) => !server.isBuiltIn);
    const same = present.find((server) => server.baseUrl === address && server.name === name);
    if (same === undefined && present.some((server) => server.baseUrl === address || server.name === name)) {
      throw new AppError('conflict', 'There is a model server with this name or address already.', { reason: 'taken', hint: 'Remove that one first, or choose another name.' });
    }
    const draft: KnownServer = same ?? { id: randomUUID(), name, kind: 'openai_compatible', baseUrl: address, isBuiltIn: false };
    if (key !== undefined) await keys.set(draft.id, key);
    const server = { ...draft, kind: await book.probe(draft) };
    if (same === undefined) await keep(server);
    book.put(server);
    log.info(`The model server ${name} was added.`, { data: { baseUrl: address } });
    return book.view(server);
  }

  /** A key whose server could not be stored is not left behind. */
  async function keep({ id, name, kind, baseUrl }: KnownServer): Promise<void> {
    try {
      await store.addServer({ server: { id, name, kind, baseUrl, addedAt: Date.now() } });
    } catch (error) {
      await keys.remove(id);
      throw error;
    }
  }

  async function remove(serverId: string): Promise<void> {
    if (serverId === embeddedId || book.servers().some((server) => server.id === serverId && server.isBuiltIn)) {
      throw new AppError('forbidden', 'This model server is built in.', { reason: 'built_in', hint: 'Only servers that were added can be removed.' });
    }
    const wasThere = await store.removeServer({ serverId });
    await keys.remove(serverId);
    book.remove(serverId);
    if (!wasThere) throw new AppError('not_found', 'There is no such model server.', { hint: 'List the model servers again.' });
  }

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
      return add(server);
    },
    remove: async (serverId) => {
      await load();
      await remove(serverId);
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
