import type { Logger } from '../log/logger.ts';
import type { HttpClient } from '../net/http.ts';
import type { ModelServer, ServerKind } from '../protocol/models.ts';
import type { Keys } from './keys.ts';
import { probeServer, type ProbeResult } from './probe.ts';
import type { ProbedModel } from './probedModel.ts';
import type { KnownServer } from './servers.ts';

/** What the book needs. */
export interface ServerBookOptions {
  readonly keys: Keys;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly builtInServers: readonly KnownServer[];
  readonly probeMs?: number;
  /** A server's view changed in more than the time of its probe; no item when it went. */
  readonly onChange: (id: string, item: ModelServer | undefined) => void;
}

/** The servers with what was last seen of each. Probes of one server at one time are one probe. */
export interface ServerBook {
  /** In the order in which they are tried. An added server takes the place of a built-in one with the same address. */
  servers(): readonly KnownServer[];
  setAdded(servers: readonly KnownServer[]): void;
  put(server: KnownServer): void;
  remove(serverId: string): void;
  view(server: KnownServer): ModelServer;
  views(): ModelServer[];
  modelsOf(serverId: string): readonly ProbedModel[];
  /** It answered when last asked, and nothing has spoken against it since. */
  isUp(serverId: string): boolean;
  /** All of them were asked and none answers. */
  isEveryDown(): boolean;
  invalidate(serverId: string): void;
  /** Asks one server and gives the kind of program that answered, or the kind that was assumed. Never rejects. */
  probe(server: KnownServer): Promise<ServerKind>;
  /** Asks all at once; `skipsFresh` leaves out what was asked a moment ago. */
  probeAll(options: { skipsFresh: boolean }): { server: KnownServer; probe: Promise<unknown> }[];
  /** Asks again, beside the work, what was not asked for some seconds. */
  refresh(): void;
}

interface Seen {
  readonly result: ProbeResult;
  /** Wall clock, to be shown. */
  readonly at: number;
  /** Monotonic clock, to be reckoned with. */
  readonly tick: number;
  readonly isDoubtful: boolean;
}

/** A result this young is not asked for again. */
const freshMs = 500;
/** A result this old is asked for again, beside the work. */
const staleMs = 5000;

/** Makes a ServerBook. */
export function createServerBook({ keys, http, log, builtInServers, probeMs, onChange }: ServerBookOptions): ServerBook {
  const added = new Map<string, KnownServer>();
  const seen = new Map<string, Seen>();
  const hasKey = new Set<string>();
  const probes = new Map<string, Promise<ServerKind>>();

  const servers = (): KnownServer[] => {
    const taken = new Set([...added.values()].map((server) => server.baseUrl));
    return [...builtInServers.filter((server) => !taken.has(server.baseUrl)), ...added.values()];
  };
  const resultOf = (id: string): ProbeResult | undefined => seen.get(id)?.result;

  const view = (server: KnownServer): ModelServer => viewOf(server, seen.get(server.id), hasKey.has(server.id));

  function tellIfChanged(server: KnownServer, before: ModelServer): void {
    const after = view(server);
    const isListed = servers().some(({ id }) => id === server.id);
    if (isListed && factsOf(before) !== factsOf(after)) onChange(server.id, after);
  }

  async function runProbe(server: KnownServer): Promise<ServerKind> {
    const before = view(server);
    const key = await keys.get(server).catch((error: unknown) => {
      log.error('The keys of the model servers cannot be read.', { data: { error: error instanceof Error ? error.message : 'unknown' } });
      return undefined;
    });
    if (key === undefined) hasKey.delete(server.id);
    else hasKey.add(server.id);
    const result = await probeServer(server, { http, key, timeoutMs: probeMs });
    // It may have moved meanwhile, and what answers at its old address says nothing of the new one.
    const listed = servers().find(({ id }) => id === server.id);
    if (listed !== undefined && listed.baseUrl !== server.baseUrl) return server.kind;
    seen.set(server.id, { result, at: Date.now(), tick: performance.now(), isDoubtful: false });
    tellIfChanged(server, before);
    return result.state === 'up' ? result.kind : server.kind;
  }

  function probe(server: KnownServer): Promise<ServerKind> {
    const place = `${server.id} ${server.baseUrl}`;
    const running = probes.get(place);
    if (running !== undefined) return running;
    const started = runProbe(server).finally(() => probes.delete(place));
    probes.set(place, started);
    return started;
  }

  const isOlderThan = (id: string, ms: number): boolean => {
    const last = seen.get(id);
    return last === undefined || last.isDoubtful || performance.now() - last.tick > ms;
  };

  return {
    servers,
    setAdded: (list) => list.forEach((server) => added.set(server.id, server)),
    put(server) {
      const before = added.get(server.id);
      if (before !== undefined && before.baseUrl !== server.baseUrl) seen.delete(server.id);
      added.set(server.id, server);
      onChange(server.id, view(server));
    },
    remove(serverId) {
      seen.delete(serverId);
      hasKey.delete(serverId);
      if (added.delete(serverId)) onChange(serverId, undefined);
    },
    view,
    views: () => servers().map(view),
    modelsOf(serverId) {
      const result = resultOf(serverId);
      return result?.state === 'up' ? result.models : [];
    },
    isUp: (serverId) => resultOf(serverId)?.state === 'up' && seen.get(serverId)?.isDoubtful === false,
    isEveryDown: () => servers().every(({ id }) => resultOf(id)?.state === 'down'),
    invalidate(serverId) {
      const last = seen.get(serverId);
      if (last !== undefined) seen.set(serverId, { ...last, isDoubtful: true });
    },
    probe,
    probeAll: ({ skipsFresh }) => servers().map((server) => ({ server, probe: skipsFresh && !isOlderThan(server.id, freshMs) ? Promise.resolve() : probe(server) })),
    refresh() {
      for (const server of servers()) if (isOlderThan(server.id, staleMs)) void probe(server);
    },
  };
}

function viewOf(server: KnownServer, last: Seen | undefined, hasKey: boolean): ModelServer {
  const base = { ...server, hasKey };
  if (last === undefined) return { ...base, state: 'unknown', models: [] };
  if (last.result.state === 'down') return { ...base, state: 'down', models: [], lastProbeAt: last.at, error: last.result.error };
  const models = last.result.models.map(({ isLoaded: _loaded, ...model }) => model);
  return { ...base, state: 'up', models, lastProbeAt: last.at, latencyMs: last.result.latencyMs };
}

/** All of a view but the time of its probe. */
function factsOf({ lastProbeAt: _at, latencyMs: _latency, ...facts }: ModelServer): string {
  return JSON.stringify(facts);
}
