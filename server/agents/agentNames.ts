import { AppError } from '../base/appError.ts';
import type { AgentRecord } from '../store/store.ts';

/** Which agent has which name, letter case aside; known here, so that a new agent looks at no other. */
export class AgentNames {
  readonly #ownerOf = new Map<string, string>();
  readonly #nameOf = new Map<string, string>();

  /** Learns what an agent is called. */
  note({ id, name }: Pick<AgentRecord, 'id' | 'name'>): void {
    this.forget(id);
    this.#nameOf.set(id, folded(name));
    this.#ownerOf.set(folded(name), id);
  }

  /** The agent is gone, and its name free. */
  forget(agentId: string): void {
    const name = this.#nameOf.get(agentId);
    this.#nameOf.delete(agentId);
    if (name !== undefined && this.#ownerOf.get(name) === agentId) this.#ownerOf.delete(name);
  }

  /**
   * Keeps a name for an agent while the agent is stored, and then knows it by the name that it has. Throws `conflict` when another has
   * the name, or is about to get it.
   */
  async hold(agentId: string, name: string, store: () => Promise<AgentRecord>): Promise<void> {
    const wanted = folded(name);
    const owner = this.#ownerOf.get(wanted) ?? agentId;
    if (owner !== agentId) {
      throw new AppError('conflict', `There is an agent named ${name} already.`, {
        reason: 'name_taken',
        hint: 'Choose another name.',
        details: { path: 'name', agentId: owner },
      });
    }
    this.#ownerOf.set(wanted, agentId);
    try {
      this.note(await store());
    } finally {
      if (this.#nameOf.get(agentId) !== wanted) this.#ownerOf.delete(wanted);
    }
  }
}

const folded = (name: string): string => name.toLocaleLowerCase();
