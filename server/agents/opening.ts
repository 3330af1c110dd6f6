import type { Agents } from './agents.ts';
import { asAppError } from '../base/appError.ts';
import type { Dispatcher } from '../exec/dispatcher.ts';
import type { SandboxRegistry } from '../sandboxes/registry.ts';
import type { Store } from '../store/store.ts';

/** What opening needs. */
export interface OpeningPorts {
  readonly agents: Pick<Agents, 'load' | 'record'>;
  readonly registry: Pick<SandboxRegistry, 'engine' | 'fail'>;
  readonly ensure: SandboxRegistry['ensure'];
  readonly dispatcher: Pick<Dispatcher, 'prewarm'>;
  readonly store: Pick<Store, 'getSession'>;
}

/** Opening a session makes the sandbox of its agent and starts the worker that will take the first message. */
export class Opening {
  readonly #ports: OpeningPorts;

  constructor(ports: OpeningPorts) {
    this.#ports = ports;
  }

  /** A client opened a session. Whatever fails is in the state of the sandbox. */
  open(sessionId: string): void {
    void this.#ports.store.getSession(sessionId).then(
      (session) => (session === undefined ? undefined : this.provision(session.agentId)),
      () => undefined,
    );
  }

  /** Begins to make the sandbox of an agent. */
  provision(agentId: string): void {
    void this.#provision(agentId);
  }

  async #provision(agentId: string): Promise<void> {
    try {
      const sandbox = await this.#ports.ensure(await this.#ports.agents.load(agentId));
      this.#ports.dispatcher.prewarm({ sandbox, engine: this.#ports.registry.engine });
    } catch (error) {
      const record = await this.#ports.agents.record(agentId).catch(() => undefined);
      if (record !== undefined) this.#ports.registry.fail(record, asAppError(error).toInfo());
    }
  }
}
