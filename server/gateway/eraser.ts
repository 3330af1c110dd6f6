import { asAppError } from '../base/appError.ts';
import type { ForgottenThings } from '../log/createLog.ts';
import type { Logger } from '../log/logger.ts';
import type { Store, Stored } from '../store/store.ts';

/** What erasing needs. */
export interface EraserPorts {
  readonly store: Pick<Store, 'beginErase' | 'eraseChunk' | 'copyLog' | 'truncateLog' | 'finishErase' | 'listUnerased' | 'getSession'>;
  publish(stored: Stored): void;
  /** Takes what the log says about sessions and agents out of its files. */
  forgetLogged(about: ForgottenThings): Promise<void>;
  /** Removes the sandbox of an agent with its home. */
  removeSandbox(agentId: string): Promise<void>;
  /** The row of an agent is to be made again, because it has fewer sessions. */
  refreshAgent(agentId: string): void;
  readonly log: Logger;
  readonly now: () => number;
}

/** How often it is tried to cut the log before somebody else must be reading it. */
const maxCuts = 3;

/**
 * Deletes for good: marks first, then erases piece by piece, so that other sessions go on meanwhile, and resolves when nothing of it is left in any
 * file of the state directory. What a gateway that ended in the middle left is gone on with at the next start.
 */
export class Eraser {
  readonly #ports: EraserPorts;
  /** By what is erased: the same asked twice is one. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(ports: EraserPorts) {
    this.#ports = ports;
  }

  /** Erases a session, in which nothing runs any more. Throws `not_found`, `conflict` while a turn runs. */
  async eraseSession(sessionId: string): Promise<void> {
    const agentId = (await this.#ports.store.getSession(sessionId))?.agentId;
    await this.#once(sessionId, async () => {
      await this.#begin({ sessionId });
      if (agentId !== undefined) this.#ports.refreshAgent(agentId);
      await this.#erase([sessionId], []);
    });
  }

  /** Erases an agent that was deleted: its sessions, its sandbox and home. */
  async eraseAgent(agentId: string): Promise<void> {
    await this.#once(agentId, async () => await this.#erase(await this.#begin({ agentId }), [agentId]));
  }

  /** Goes on with what another gateway began. Never rejects. */
  async resume(): Promise<void> {
    try {
      const { sessionIds, agentIds } = await this.#ports.store.listUnerased();
      if (sessionIds.length > 0) await this.#erase(sessionIds, []);
      for (const agentId of agentIds) await this.eraseAgent(agentId);
    } catch (error) {
      this.#ports.log.error(`What was deleted for good could not be erased and is tried again at the next start: ${asAppError(error).message}`);
    }
  }

  async #begin(what: { sessionId?: string; agentId?: string }): Promise<string[]> {
    const { stored, sessionIds } = await this.#ports.store.beginErase({ ...what, at: this.#ports.now() });
    for (const change of stored) this.#ports.publish(change);
    return sessionIds;
  }

  /** The empty rows go last: until then the next try, or the next start, knows what is left to do. */
  async #erase(sessionIds: readonly string[], agentIds: readonly string[]): Promise<void> {
    const { store, now } = this.#ports;
    for (const sessionId of sessionIds) while (!(await store.eraseChunk({ sessionId, at: now() })).isDone);
    await this.#ports.forgetLogged({ sessionIds: new Set(sessionIds), agentIds: new Set(agentIds) });
    await this.#cutLog();
    for (const agentId of agentIds) await this.#ports.removeSandbox(agentId);
    await store.finishErase({ sessionIds, agentIds });
  }

  /** A checkpoint of our own beside the writer is in the way of cutting the log; when the reader has copied the log again, that one has ended. */
  async #cutLog(): Promise<void> {
    const { store } = this.#ports;
    for (let tries = 1; ; tries += 1) {
      await store.copyLog();
      try {
        return await store.truncateLog();
      } catch (error) {
        if (tries === maxCuts || asAppError(error).class !== 'storage_locked') throw error;
      }
    }
  }

  async #once(id: string, erase: () => Promise<void>): Promise<void> {
    const erasing = this.#underWay.get(id) ?? erase();
    this.#underWay.set(id, erasing);
    try {
      await erasing;
    } finally {
      if (this.#underWay.get(id) === erasing) this.#underWay.delete(id);
    }
  }
}
