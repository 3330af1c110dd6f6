import { randomUUID } from 'node:crypto';
import { AppError } from '../base/appError.ts';
import type { Logger } from '../log/logger.ts';
import type { ModelServer } from '../protocol/models.ts';
import type { Store } from '../store/store.ts';
import { normaliseBaseUrl } from './baseUrl.ts';
import type { Keys } from './keys.ts';
import type { ServerBook } from './serverBook.ts';
import { embeddedId, type KnownServer } from './servers.ts';

/** A server to add. */
export interface NewServer {
  readonly name: string;
  readonly baseUrl: string;
  readonly key?: string | undefined;
}

/** What is to change of a server; a key of null is forgotten. */
export interface ServerUpdate {
  readonly serverId: string;
  readonly name?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly key?: string | null | undefined;
}

/** Where servers and their keys are kept. */
export interface AddedServersPorts {
  readonly store: Pick<Store, 'addServer' | 'updateServer' | 'removeServer'>;
  readonly keys: Keys;
  readonly book: ServerBook;
  readonly log: Logger;
}

/** Adds, changes and removes model servers, each with its key; one change after another, so that none takes back what another did meanwhile. */
export class AddedServers {
  readonly #ports: AddedServersPorts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: AddedServersPorts) {
    this.#ports = ports;
  }

  add(server: NewServer): Promise<ModelServer> {
    return this.#inTurn(() => this.#add(server));
  }

  update(change: ServerUpdate): Promise<ModelServer> {
    return this.#inTurn(() => this.#update(change));
  }

  remove(serverId: string): Promise<void> {
    return this.#inTurn(() => this.#remove(serverId));
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const next = this.#last.then(change);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #add({ name, baseUrl, key }: NewServer): Promise<ModelServer> {
    const address = normaliseBaseUrl(baseUrl);
    const present = this.#ports.book.servers().filter((server) => !server.isBuiltIn);
    const same = present.find((server) => server.baseUrl === address && server.name === name);
    if (same === undefined) assertFree(present, { name, baseUrl: address });
    const draft: KnownServer = same ?? { id: randomUUID(), name, kind: 'openai_compatible', baseUrl: address, isBuiltIn: false };
    if (key !== undefined) await this.#ports.keys.set(draft, key);
    const server = { ...draft, kind: await this.#ports.book.probe(draft) };
    if (same === undefined) await this.#keep(server);
    this.#ports.book.put(server);
    this.#ports.log.info(`The model server ${name} was added.`, { data: { baseUrl: address } });
    return this.#ports.book.view(server);
  }

  /** A key whose server could not be stored is not left behind. */
  async #keep({ id, name, kind, baseUrl }: KnownServer): Promise<void> {
    try {
      await this.#ports.store.addServer({ server: { id, name, kind, baseUrl, addedAt: Date.now() } });
    } catch (error) {
      await this.#ports.keys.remove(id);
      throw error;
    }
  }

  /** The new key is stored under the new address, then the server is, then the old key goes: wherever this is cut off, no key has another's address. */
  async #update({ serverId, key, ...to }: ServerUpdate): Promise<ModelServer> {
    const server = this.#ports.book.servers().find(({ id }) => id === serverId);
    if (server === undefined) throw new AppError('not_found', 'There is no such model server.', { hint: 'List the model servers again.' });
    if (server.isBuiltIn && (to.name !== undefined || to.baseUrl !== undefined)) {
      throw new AppError('forbidden', 'This model server is built in.', { reason: 'built_in', hint: 'Only its key can be changed; add a server of your own for another address.' });
    }
    const next: KnownServer = { ...server, name: to.name ?? server.name, baseUrl: to.baseUrl === undefined ? server.baseUrl : normaliseBaseUrl(to.baseUrl) };
    assertFree(this.#ports.book.servers().filter(({ id, isBuiltIn }) => id !== serverId && !isBuiltIn), next);
    const present = await this.#ports.keys.get(server);
    if (present !== undefined) await this.#ports.keys.set(server, present);
    const kept = key === undefined && isSameOrigin(server.baseUrl, next.baseUrl) ? present : (key ?? undefined);
    if (kept !== undefined) await this.#ports.keys.set(next, kept);
    if (!server.isBuiltIn) await this.#move(server, next);
    await (kept === undefined ? this.#ports.keys.remove(serverId) : this.#ports.keys.keepOnly(next));
    const kind = await this.#ports.book.probe(next);
    if (server.isBuiltIn) return this.#ports.book.view(next);
    if (kind !== next.kind) await this.#ports.store.updateServer({ server: { id: serverId, name: next.name, kind, baseUrl: next.baseUrl } });
    this.#ports.book.put({ ...next, kind });
    this.#ports.log.info(`The model server ${next.name} was changed.`, { data: { baseUrl: next.baseUrl } });
    return this.#ports.book.view({ ...next, kind });
  }

  async #move(server: KnownServer, { id, name, kind, baseUrl }: KnownServer): Promise<void> {
    try {
      await this.#ports.store.updateServer({ server: { id, name, kind, baseUrl } });
    } catch (error) {
      await this.#ports.keys.keepOnly(server);
      throw error;
    }
    this.#ports.book.put({ ...server, name, baseUrl });
  }

  async #remove(serverId: string): Promise<void> {
    if (serverId === embeddedId || this.#ports.book.servers().some((server) => server.id === serverId && server.isBuiltIn)) {
      throw new AppError('forbidden', 'This model server is built in.', { reason: 'built_in', hint: 'Only servers that were added can be removed.' });
    }
    const wasThere = await this.#ports.store.removeServer({ serverId, at: Date.now() });
    await this.#ports.keys.remove(serverId);
    this.#ports.book.remove(serverId);
    if (!wasThere) throw new AppError('not_found', 'There is no such model server.', { hint: 'List the model servers again.' });
  }
}

/** Two servers of one name or address could not be told apart. */
function assertFree(others: readonly KnownServer[], { name, baseUrl }: Pick<KnownServer, 'name' | 'baseUrl'>): void {
  const taken = others.find((server) => server.baseUrl === baseUrl || server.name === name);
  if (taken === undefined) return;
  throw new AppError('conflict', 'There is a model server with this name or address already.', {
    reason: 'taken',
    hint: 'Change or remove that one first, or choose another name.',
    details: { serverId: taken.id, name: taken.name, baseUrl: taken.baseUrl },
  });
}

function isSameOrigin(one: string, other: string): boolean {
  return new URL(one).origin === new URL(other).origin;
}
