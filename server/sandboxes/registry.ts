import { access } from 'node:fs/promises';
import { AppError, asAppError } from '../base/appError.ts';
import type { Disposable } from '../base/disposables.ts';
import { Emitter } from '../base/emitter.ts';
import type { Logger } from '../log/logger.ts';
import type { Policy } from '../policies/policy.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { EngineCheck, Sandbox, SandboxLimit } from '../protocol/sandboxes.ts';
import type { EngineProbe, PreparedSandbox, SandboxEngine } from './engine.ts';
import { sandboxLabel } from './label.ts';
import { absentSandbox, healthOf, reduceSandbox, type SandboxEvent, type SandboxState } from './state.ts';

/** The agent that a sandbox is for. */
export interface SandboxAgent {
  readonly id: string;
  readonly name: string;
  readonly policy: Policy;
}

/** A sandbox that changed; no item when its agent went. */
export interface SandboxChange {
  readonly id: string;
  readonly item?: Sandbox | undefined;
}

/** What the registry is built from. */
export interface SandboxRegistryOptions {
  readonly engine: SandboxEngine;
  readonly log: Logger;
  readonly now: () => number;
}

interface Entry {
  name: string;
  state: SandboxState;
  policy: Policy | undefined;
  prepared: PreparedSandbox | undefined;
  starting: { readonly under: string; readonly sandbox: Promise<PreparedSandbox> } | undefined;
}

/** The only owner of sandboxes: makes them, knows their health, ends them. */
export class SandboxRegistry implements Disposable {
  readonly engine: SandboxEngine;
  readonly #options: SandboxRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #changes: Emitter<SandboxChange>;
  #probing: Promise<{ readonly probe: EngineProbe; readonly at: number }> | undefined;
  #heldBy: ReadonlyMap<string, SandboxLimit['enforcedBy']> = new Map();
  /** Grows whenever sandboxes are to be made anew: a start from before is not what the next task gets. */
  #generation = 0;
  #isDisposed = false;

  constructor(options: SandboxRegistryOptions) {
    this.engine = options.engine;
    this.#options = options;
    this.#changes = new Emitter((error) => options.log.error(`A listener of sandboxes failed: ${String(error)}`));
  }

  /** Called with every change of a sandbox, also of the number of its tasks. */
  onChanged(listener: (change: SandboxChange) => void): Disposable {
    return this.#changes.on(listener);
  }

  /**
   * Gives the agent's sandbox, made and probed where needed; at once when it is there and healthy. Throws
   * `sandbox_unsupported`, `sandbox_unavailable` or `policy_unenforceable`, which is also kept as its state.
   */
  ensure(agent: SandboxAgent): Promise<PreparedSandbox> {
    const entry = this.#entryOf(agent);
    entry.policy = agent.policy;
    const { prepared } = entry;
    const isReady = prepared !== undefined && healthOf(entry.state).isChatReady && prepared.spec.policy.hash === agent.policy.hash;
    if (!isReady) return this.#begin(agent, entry);
    return access(prepared.homePath).then(
      () => prepared,
      () => this.#begin(agent, entry),
    );
  }

  /** The sandbox of an agent as clients see it; one that nobody has asked for is absent. */
  view(agent: Pick<SandboxAgent, 'id' | 'name'>): Sandbox {
    const state = this.#entries.get(agent.id)?.state ?? absentSandbox;
    const { probe, error } = state;
    return {
      agentId: agent.id,
      label: sandboxLabel(agent.name),
      engine: this.engine.name,
      phase: state.phase,
      ...healthOf(state),
      ...(probe === undefined ? {} : { apiLatencyMs: probe.latencyMs, lastProbeAt: probe.at, apiVersion: probe.version }),
      runningTasks: state.runningTasks,
      limits: [...(probe?.limits ?? [])],
      ...(error === undefined ? {} : { error }),
    };
  }

  /** Host path of the workspace of an agent's sandbox; undefined while it was not made yet. Throws `sandbox_unavailable` when it cannot be told. */
  homeOf(agentId: string): string | undefined {
    return this.engine.homeOf(agentId);
  }

  /** Asks the engine anew whether it can hold a sandbox here; starts none. */
  async check(): Promise<EngineCheck> {
    this.#probing = undefined;
    const { name: engine } = this.engine;
    try {
      const { probe } = await this.#probeOnce();
      return { engine, version: probe.version, latencyMs: probe.latencyMs, limits: [...probe.limits] };
    } catch (thrown) {
      return { engine, limits: [], error: asSandboxError(thrown).toInfo() };
    }
  }

  /** Keeps a failure that came before the engine was asked, such as a policy that does not parse. */
  fail(agent: Pick<SandboxAgent, 'id' | 'name'>, error: ErrorInfo): void {
    this.#apply(agent.id, this.#entryOf(agent), { type: 'failed', error });
  }

  /** A task began in the sandbox. */
  taskStarted(agentId: string): void {
    this.#applyById(agentId, { type: 'task_started' });
  }

  /** A task ended; when the way to it was lost the sandbox counts as unhealthy, and is probed again at once. */
  taskEnded(agentId: string, transportError: ErrorInfo | undefined): void {
    this.#applyById(agentId, { type: 'task_ended', transportError });
    if (transportError === undefined) return;
    this.#probing = undefined;
    this.#recheck(agentId);
  }

  /** What holds a limit, as the last probe saw it; undefined before the first. */
  holderOf(limit: string): SandboxLimit['enforcedBy'] | undefined {
    return this.#heldBy.get(limit);
  }

  /** Probes every sandbox that is not absent again and makes it anew, as after the machine slept or a limit was set; what runs is left alone. */
  recheckAll(): void {
    this.#probing = undefined;
    this.#generation += 1;
    for (const [agentId, entry] of this.#entries) {
      if (entry.state.phase !== 'ready') continue;
      entry.prepared = undefined;
      this.#recheck(agentId);
    }
  }

  /** Ends the tasks of a sandbox, deletes its home with all files in it, and makes it anew. */
  async reset(agent: SandboxAgent): Promise<PreparedSandbox> {
    const entry = this.#entryOf(agent);
    await entry.starting?.sandbox.catch(() => undefined);
    entry.prepared = undefined;
    this.#apply(agent.id, entry, { type: 'gone' });
    await this.engine.remove(agent.id);
    return await this.ensure(agent);
  }

  /** Ends and deletes the sandbox of an agent that goes. */
  async remove(agentId: string): Promise<void> {
    const entry = this.#entries.get(agentId);
    await entry?.starting?.sandbox.catch(() => undefined);
    this.#entries.delete(agentId);
    await this.engine.remove(agentId);
    this.#changes.emit({ id: agentId });
  }

  /** Kills what runs in any sandbox. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.engine.dispose();
  }

  /** Starts the sandbox, or joins a start under the same policy; the state says so before this returns. */
  #begin(agent: SandboxAgent, entry: Entry): Promise<PreparedSandbox> {
    const under = `${agent.policy.hash} ${this.#generation}`;
    if (entry.starting?.under === under) return entry.starting.sandbox;
    const sandbox = this.#start(agent, entry).finally(() => {
      if (entry.starting?.sandbox === sandbox) entry.starting = undefined;
    });
    entry.starting = { under, sandbox };
    return sandbox;
  }

  async #start(agent: SandboxAgent, entry: Entry): Promise<PreparedSandbox> {
    this.#apply(agent.id, entry, { type: 'starting' });
    const generation = this.#generation;
    try {
      if (this.#isDisposed) throw new AppError('sandbox_unavailable', 'The gateway is ending.', { reason: 'disposed', hint: 'Send the message again when it has started anew.' });
      this.engine.assertEnforces(agent.policy);
      const { probe, at } = await this.#probeOnce();
      const prepared = await this.engine.prepare({ agentId: agent.id, label: sandboxLabel(agent.name), policy: agent.policy });
      if (generation === this.#generation) entry.prepared = prepared;
      this.#apply(agent.id, entry, { type: 'ready', probe, probedAt: at });
      return prepared;
    } catch (thrown) {
      const error = asSandboxError(thrown);
      this.#options.log.warn(`The sandbox of ${agent.name} did not start: ${error.message}`, { agentId: agent.id, data: { reason: error.reason } });
      entry.prepared = undefined;
      this.#apply(agent.id, entry, { type: 'failed', error: error.toInfo() });
      throw error;
    }
  }

  /** One probe serves all sandboxes of the engine until one of them fails. */
  #probeOnce(): Promise<{ readonly probe: EngineProbe; readonly at: number }> {
    const probing = (this.#probing ??= this.engine.probe().then((probe) => {
      this.#heldBy = new Map(probe.limits.map(({ name, enforcedBy }) => [name, enforcedBy]));
      return { probe, at: this.#options.now() };
    }));
    probing.catch(() => {
      if (this.#probing === probing) this.#probing = undefined;
    });
    return probing;
  }

  #recheck(agentId: string): void {
    const entry = this.#entries.get(agentId);
    if (entry?.policy === undefined || this.#isDisposed) return;
    // The state and the log say how it ended.
    this.ensure({ id: agentId, name: entry.name, policy: entry.policy }).catch(() => undefined);
  }

  #entryOf(agent: Pick<SandboxAgent, 'id' | 'name'>): Entry {
    const known = this.#entries.get(agent.id);
    if (known !== undefined) {
      known.name = agent.name;
      return known;
    }
    const entry: Entry = { name: agent.name, state: absentSandbox, policy: undefined, prepared: undefined, starting: undefined };
    this.#entries.set(agent.id, entry);
    return entry;
  }

  #applyById(agentId: string, event: SandboxEvent): void {
    const entry = this.#entries.get(agentId);
    if (entry !== undefined) this.#apply(agentId, entry, event);
  }

  #apply(agentId: string, entry: Entry, event: SandboxEvent): void {
    entry.state = reduceSandbox(entry.state, event);
    if (this.#entries.get(agentId) === entry) this.#changes.emit({ id: agentId, item: this.view({ id: agentId, name: entry.name }) });
  }
}

/** What an engine throws, as a sandbox error: what it did not foresee is a sandbox that is not there. */
function asSandboxError(thrown: unknown): AppError {
  if (thrown instanceof AppError && thrown.class !== 'internal') return thrown;
  const { message, reason } = asAppError(thrown);
  return new AppError('sandbox_unavailable', `The sandbox did not start: ${message}`, { reason, hint: 'Start the sandbox again; the log has the cause.', cause: thrown });
}
