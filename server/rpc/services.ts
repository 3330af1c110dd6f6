import type { Disposable } from '../base/disposables.ts';
import type { GatewayStatus, Topic, TopicChange } from '../protocol/gateway.ts';
import type { LogEntry } from '../protocol/logs.ts';
import type { SessionSnapshot } from '../protocol/sessions.ts';
import type { PlacedEvent } from '../protocol/transcript.ts';
import type { Stored } from '../store/store.ts';
import type { Log } from '../log/createLog.ts';
import type { FeatureHandlers } from './handlers.ts';

/** Where the events of sessions come from. Whatever `onStored` says is committed and can be read by `eventsAfter`. */
export interface SessionFeedSource {
  /** One consistent read of a session; `not_found` when there is none. */
  snapshot(sessionId: string): Promise<SessionSnapshot>;
  /** Events after a seq, oldest first, at most `limit`; undefined when the session never had that seq. */
  eventsAfter(sessionId: string, after: number, limit: number): Promise<readonly PlacedEvent[] | undefined>;
  /** Called with every append after its commit; the appends of one session come in the order of their seq. */
  onStored(listener: (stored: Stored) => void): Disposable;
  /** A client opened a session: provision the sandbox of its agent. Must not throw. */
  onOpened(sessionId: string): void;
}

/** One thing of a topic, as its list shows it. */
export type TopicItem<T extends Topic> = NonNullable<Extract<TopicChange, { topic: T }>['item']>;

/** Where the list and the changes of one topic come from; revisions are counted by the feed. */
export interface TopicSource<T extends Topic> {
  list(): Promise<readonly TopicItem<T>[]>;
  /** `item` is the whole thing as it stands, absent when it went. */
  onChange(listener: (change: { readonly id: string; readonly item?: TopicItem<T> | undefined }) => void): Disposable;
}

/** Where each topic comes from. */
export type TopicSources = { readonly [T in Topic]: TopicSource<T> };

/** What the features say about themselves in `gateway/status`. */
export interface ServicesStatus {
  readonly runningTurns: number;
  readonly queuedTurns: number;
  readonly tasks: GatewayStatus['tasks'];
  readonly store: GatewayStatus['store'];
}

/** Everything behind the wire, built by the composition root once the lock is held. */
export interface GatewayServices {
  readonly handlers: FeatureHandlers;
  readonly sessionFeed: SessionFeedSource;
  readonly topics: TopicSources;
  /** Cheap: counts that are in memory. */
  status(): ServicesStatus;
  /** Whether a turn runs or waits for its place (a held queue is not work), or something is scheduled. */
  hasWork(): boolean;
  /** The host woke from sleep: probe sandboxes again, look at upstream sockets. */
  wake(): void;
  /** Ends all of it in reverse order: running turns become `interrupted`, every process started is gone, the store is closed. */
  dispose(): Promise<void>;
}

/** What a subscriber of the log needs of it. */
export interface LogFeed {
  onEntry(listener: (entry: LogEntry) => void): Disposable;
}

/** What the process knows before the services exist. */
export interface ServicesContext {
  /** Real path of the state directory, mode 0700; its lock is held by this process. */
  readonly home: string;
  /** The folder with server.js, worker.js, migrations, policies and souls. */
  readonly distribution: string;
  readonly startId: string;
  readonly build: string;
  readonly version: string;
  readonly log: Log;
  /** The plain Node on which workers run; undefined when this host has none, and then no turn can run. */
  readonly workerNodePath: string | undefined;
  /** The allow-listed environment, read once. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Builds the services. A rejection leaves nothing behind and becomes the state of the store in `gateway/status`;
 * every other method then fails with its class.
 */
export type OpenServices = (context: ServicesContext) => Promise<GatewayServices>;
