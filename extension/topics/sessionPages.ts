import type { Agent } from '../../server/protocol/agents.ts';
import type { Session } from '../../server/protocol/sessions.ts';
import { DisposableStore, type Disposable } from '../disposableStore.ts';
import type { Gateway } from '../server/gatewayConnection.ts';
import { isAway } from '../server/gatewayError.ts';
import type { TopicsFeed, TopicsNews } from './topicsFeed.ts';
import { byChange, sessionsOf } from './topicsQueries.ts';

/** Sessions in one request for more of them. */
const PAGE = 500;

/** How far the list of an agent was read. */
interface Reading {
  readonly sessions: Session[];
  cursor: string | undefined;
  isAtEnd: boolean;
  underWay: Promise<void> | undefined;
}

/**
 * The sessions of an agent beyond what the topics tell, read page by page when somebody looks: older ones, which join the topics' state, and
 * deleted ones, which are kept here. What was read is forgotten when the topics begin anew, or when it may have changed.
 */
export class SessionPages implements Disposable {
  readonly #gateway: Gateway;
  readonly #feed: TopicsFeed;
  readonly #say: (sentence: string) => void;
  readonly #older = new Map<string, Reading>();
  readonly #deleted = new Map<string, Reading>();
  readonly #owned = new DisposableStore();

  constructor(gateway: Gateway, feed: TopicsFeed, say: (sentence: string) => void) {
    this.#gateway = gateway;
    this.#feed = feed;
    this.#say = say;
    this.#owned.add(feed.onDidChange((news) => this.#forget(news)));
  }

  /** How many sessions an agent has, as far as that is known. */
  countOf(agentId: string): number {
    return Math.max(sessionsOf(this.#feed.state, agentId).length, this.#feed.state.agents.get(agentId)?.sessionCount || 0);
  }

  /** How many deleted sessions of an agent can be restored. */
  deletedCountOf(agentId: string): number {
    return this.#feed.state.agents.get(agentId)?.deletedSessionCount || 0;
  }

  /** The deleted sessions that were read, the last deleted first. */
  deletedOf(agentId: string): readonly Session[] {
    return this.#deleted.get(agentId)?.sessions ?? [];
  }

  /** Reads until so many sessions of an agent are known, or all; undefined when that is so already. */
  needSessions(agentId: string, count: number): Promise<void> | undefined {
    const isKnown = (): boolean => sessionsOf(this.#feed.state, agentId).length >= Math.min(count, this.countOf(agentId));
    if (isKnown()) return undefined;
    return this.#read(this.#older, agentId, isKnown, (sessions) => this.#feed.addSessions(agentId, sessions));
  }

  /** Reads until so many deleted sessions of an agent are known, or all; undefined when that is so already. */
  needDeleted(agentId: string, count: number): Promise<void> | undefined {
    const isKnown = (): boolean => this.deletedOf(agentId).length >= Math.min(count, this.deletedCountOf(agentId));
    if (isKnown()) return undefined;
    return this.#read(this.#deleted, agentId, isKnown, () => undefined);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #forget(news: TopicsNews): void {
    if (news.kind === 'listed') return;
    if (news.kind === 'all') {
      // While the gateway is away the last known is all there is.
      if (!this.#feed.isLive) return;
      this.#older.clear();
      this.#deleted.clear();
      return;
    }
    const { state } = this.#feed;
    if (news.topic === 'sessions') {
      const after = state.sessions.get(news.id);
      const before = news.before as Session | undefined;
      if (after === undefined || before === undefined) this.#deleted.delete((after ?? before)?.agentId ?? '');
    }
    if (news.topic === 'agents' && (news.before as Agent | undefined)?.deletedSessionCount !== state.agents.get(news.id)?.deletedSessionCount) this.#deleted.delete(news.id);
  }

  #read(readings: Map<string, Reading>, agentId: string, isKnown: () => boolean, take: (sessions: readonly Session[]) => void): Promise<void> | undefined {
    const reading = readings.get(agentId) ?? { sessions: [], cursor: undefined, isAtEnd: false, underWay: undefined };
    readings.set(agentId, reading);
    if (reading.isAtEnd) return undefined;
    reading.underWay ??= this.#readOn(reading, { agentId, ...(readings === this.#deleted ? { onlyDeleted: true } : {}) }, isKnown, take).finally(() => (reading.underWay = undefined));
    return reading.underWay;
  }

  async #readOn(reading: Reading, which: { agentId: string; onlyDeleted?: true }, isKnown: () => boolean, take: (sessions: readonly Session[]) => void): Promise<void> {
    try {
      while (!reading.isAtEnd && !isKnown()) {
        const page = await this.#gateway.request('sessions/list', { ...which, limit: PAGE, ...(reading.cursor === undefined ? {} : { cursor: reading.cursor }) });
        reading.sessions.push(...page.items);
        reading.sessions.sort(byChange);
        reading.cursor = page.nextCursor;
        reading.isAtEnd = page.nextCursor === undefined;
        take(page.items);
      }
    } catch (error) {
      // Asked again when somebody looks again.
      if (!isAway(error)) this.#say(`More sessions could not be listed: ${String(error)}`);
    }
  }
}
