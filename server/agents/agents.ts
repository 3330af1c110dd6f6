import { AppError } from '../base/appError.ts';
import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Activity } from '../gateway/activity.ts';
import type { AgentForTurn } from '../gateway/turnPorts.ts';
import type { Logger } from '../log/logger.ts';
import type { Policy } from '../policies/policy.ts';
import type { Agent, ModelChoice } from '../protocol/agents.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { Sandbox } from '../protocol/sandboxes.ts';
import type { Session } from '../protocol/sessions.ts';
import type { AgentRecord, Store, Stored } from '../store/store.ts';
import { AgentNames } from './agentNames.ts';
import { agentView } from './agentViews.ts';
import type { Souls } from './souls.ts';

/** What the agents need of the rest. */
export interface AgentsPorts {
  readonly store: Pick<Store, 'listAgents' | 'getAgent' | 'listSessions'>;
  readonly souls: Souls;
  /** Throws `policy_invalid`. */
  loadPolicy(name: string): Promise<Policy>;
  /** Reads it for a turn, which an own policy remembers; throws also the storage classes. */
  usePolicy(name: string): Promise<Policy>;
  policyWords(policy: Policy): string;
  sandboxOf(agent: { readonly id: string; readonly name: string }): Sandbox;
  /** The route that a choice resolves to as far as it is known without asking a server. */
  peekRoute(choice: ModelChoice): Agent['route'];
  readonly activity: Activity;
  readonly log: Logger;
}

/** A change of one agent as lists show it; no item when it went. */
export interface AgentChange {
  readonly id: string;
  readonly item?: Agent | undefined;
}

const refreshDelayMs = 15;

/** The agents as people see them, and with everything that a turn needs. */
export class Agents {
  readonly #ports: AgentsPorts;
  readonly #changes = new Emitter<AgentChange>();
  readonly #latestSession = new Map<string, Session>();
  readonly #lastError = new Map<string, ErrorInfo>();
  readonly #agentOfSession = new Map<string, string>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  /** Which names are taken. */
  readonly names = new AgentNames();

  constructor(ports: AgentsPorts) {
    this.#ports = ports;
  }

  /** Reads the names, and how the sessions stand; before it agents look as if nothing had happened. */
  async start(): Promise<void> {
    for (const record of await this.#ports.store.listAgents()) this.names.note(record);
    const sessions: Session[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#ports.store.listSessions({ limit: 500, cursor });
      sessions.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    // Oldest first: the last one noted counts as the latest.
    for (const session of sessions.toReversed()) this.noteSession(session);
  }

  async list(): Promise<Agent[]> {
    const records = await this.#ports.store.listAgents();
    return await Promise.all(records.map((record) => this.#view(record)));
  }

  /** Throws `not_found`. */
  async get(agentId: string): Promise<Agent> {
    return await this.#view(await this.record(agentId));
  }

  /** Throws `not_found`. */
  async record(agentId: string): Promise<AgentRecord> {
    const record = await this.#ports.store.getAgent(agentId);
    if (record === undefined) throw new AppError('not_found', 'There is no such agent.', { reason: 'agent', hint: 'List the agents and choose one of them.' });
    return record;
  }

  /** Everything that a turn needs; throws `not_found`, `policy_invalid`. */
  async load(agentId: string): Promise<AgentForTurn> {
    const record = await this.record(agentId);
    const [soul, policy] = await Promise.all([this.#ports.souls.load(record.soul), this.#ports.usePolicy(record.policy)]);
    return { ...record, soul, policy, policyWords: this.#ports.policyWords(policy) };
  }

  onChange(listener: (change: AgentChange) => void): Disposable {
    return this.#changes.on(listener);
  }

  /** Something that an agent's row is derived from has changed; rows are made again at most every few milliseconds. */
  refresh(agentId: string): void {
    if (this.#waiting.has(agentId)) return;
    const timer = setTimeout(() => {
      this.#waiting.delete(agentId);
      void this.#emit(agentId);
    }, refreshDelayMs);
    this.#waiting.set(agentId, timer.unref());
  }

  /** Makes all rows again, as after a model server came or went. */
  async refreshAll(): Promise<void> {
    for (const record of await this.#ports.store.listAgents()) this.refresh(record.id);
  }

  /** Learns how a session stands. */
  noteSession(session: Session): void {
    this.#agentOfSession.set(session.id, session.agentId);
    const latest = this.#latestSession.get(session.agentId);
    if (session.deletedAt !== undefined) {
      if (latest?.id === session.id) this.#latestSession.delete(session.agentId);
    } else if (latest === undefined || latest.updatedAt <= session.updatedAt) {
      this.#latestSession.set(session.agentId, session);
    }
    this.refresh(session.agentId);
  }

  /** Learns the last error of an agent from what was stored. */
  noteStored(stored: Stored): void {
    const agentId = this.#agentOfSession.get(stored.sessionId);
    if (agentId === undefined) return;
    for (const { event } of stored.events) {
      if (event.kind === 'turn.started') this.#lastError.delete(agentId);
      if (event.kind === 'turn.ended' && event.error !== undefined) this.#lastError.set(agentId, event.error);
    }
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  async #emit(agentId: string): Promise<void> {
    try {
      const record = await this.#ports.store.getAgent(agentId);
      this.#changes.emit(record === undefined ? { id: agentId } : { id: agentId, item: await this.#view(record) });
    } catch (error) {
      this.#ports.log.warn(`An agent's row could not be made: ${String(error)}`, { agentId });
    }
  }

  async #view(record: AgentRecord): Promise<Agent> {
    const [soul, policyWords] = await Promise.all([
      this.#ports.souls.load(record.soul).then((loaded) => loaded.soul, () => undefined),
      this.#ports.loadPolicy(record.policy).then((policy) => this.#ports.policyWords(policy), () => undefined),
    ]);
    return agentView(record, {
      soul,
      policyWords,
      route: this.#ports.peekRoute(record.model),
      sandbox: this.#ports.sandboxOf(record),
      activityWord: this.#ports.activity.wordOf(record.id),
      latestSession: this.#latestSession.get(record.id),
      lastError: this.#lastError.get(record.id),
    });
  }
}
