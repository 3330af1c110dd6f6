import { asAppError } from '../base/appError.ts';
import type { Dispatcher } from '../exec/dispatcher.ts';
import type { SandboxAgent, SandboxRegistry } from '../sandboxes/registry.ts';
import type { Store } from '../store/store.ts';

/** What opening needs. */
export interface OpeningPorts {
  readonly agents: { load(agentId: string): Promise<SandboxAgent>; record(agentId: string): Promise<Pick<SandboxAgent, 'id' | 'name'>> };
  readonly registry: Pick<SandboxRegistry, 'engine' | 'ensure' | 'fail'>;
  readonly dispatcher: Pick<Dispatcher, 'prewarm'>;
  readonly store: Pick<Store, 'getSession'>;
}

/** Opening a session makes the sandbox of its agent and starts the worker that will take the first message. */
export class Opening {
  readonly #ports: OpeningPorts;

  constructor(ports: OpeningPorts) {
    this.#ports = ports;
  }

  /** A client opened a session; one that was deleted is only read. Whatever fails is in the state of the sandbox. */
  open(sessionId: string): void {
    void this.#ports.store.getSession(sessionId).then(
      (session) => (session === undefined || session.deletedAt !== undefined ? undefined : this.provision(session.agentId)),
      () => undefined,
    );
  }

  /** Begins to make the sandbox of an agent; resolves, and never rejects, once the state of the sandbox says so. */
  async provision(agentId: string): Promise<void> {
    const { agents, registry, dispatcher } = this.#ports;
    try {
      const agent = await agents.load(agentId);
      // Not awaited: it may take long. How it ends is in the state.
      registry.ensure(agent).then(
        (sandbox) => dispatcher.prewarm({ sandbox, engine: registry.engine }),
        () => undefined,
      );
    } catch (error) {
      const record = await agents.record(agentId).catch(() => undefined);
      if (record !== undefined) registry.fail(record, asAppError(error).toInfo());
    }
  }
}
