import { setImmediate as nextTurnOfLoop } from 'node:timers/promises';
import { asAppError } from '../base/appError.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import { TurnDriver, type AttemptToRun } from './turnDriver.ts';
import type { TurnPorts } from './turnPorts.ts';

interface Lane {
  driver: TurnDriver | undefined;
  /** Settles with the agent of the session once a turn of it was found, with undefined when none was. */
  readonly agent: Deferred<string | undefined>;
  isAskedAgain: boolean;
  stopOnStart: string | undefined;
  readonly done: Promise<void>;
}

const storeRetryMs = 2_000;

/** Runs the turns of every session: one at a time in a session, sessions beside each other. */
export class TurnRunner {
  readonly #ports: TurnPorts;
  readonly #lanes = new Map<string, Lane>();
  /** Agents whose turns stop as their first act. */
  readonly #stoppingAgents = new Set<string>();
  #isStopping = false;

  constructor(ports: TurnPorts) {
    this.#ports = ports;
  }

  /** Asks already now for the turn that a session will have once what was just asked of the store is done; for `wake`. Undefined where turns run. */
  lookAhead(sessionId: string): Promise<AttemptToRun | undefined> | undefined {
    if (this.#isStopping || this.#lanes.size > 0) return undefined;
    const next = this.#ports.store.nextTurn(sessionId);
    next.catch(() => undefined);
    return next;
  }

  /** Looks whether a session has a turn to run; cheap to call too often. */
  wake(sessionId: string, next?: Promise<AttemptToRun | undefined>): void {
    if (this.#isStopping) return;
    const lane = this.#lanes.get(sessionId);
    if (lane !== undefined) {
      lane.isAskedAgain = true;
      return;
    }
    // Behind what has arrived meanwhile, and behind the answer to who sent: of a crowd of messages each is stored before the first is worked on.
    const done = nextTurnOfLoop().then(() => this.#runLane(sessionId, next));
    const fresh: Lane = { driver: undefined, agent: createDeferred(), isAskedAgain: false, stopOnStart: undefined, done };
    this.#lanes.set(sessionId, fresh);
  }

  /** Asks the running turn of a session to stop when it is the named one; says whether it was. */
  stop(sessionId: string, name: { readonly turnId: string | undefined; readonly messageId: string | undefined }): boolean {
    const driver = this.#lanes.get(sessionId)?.driver;
    if (driver === undefined || (driver.turnId !== name.turnId && driver.messageId !== name.messageId)) return false;
    driver.stop();
    return true;
  }

  /** For a turn that is about to start: it stops as its first act. Says whether the session is between turns. */
  stopWhenStarted(sessionId: string, turnId: string | undefined): boolean {
    const lane = this.#lanes.get(sessionId);
    if (turnId === undefined || lane === undefined || lane.driver !== undefined) return false;
    lane.stopOnStart = turnId;
    return true;
  }

  /** Sessions that have a turn running or are looking for one. */
  get activeSessions(): number {
    return this.#lanes.size;
  }

  /** Stops whatever runs in a session and resolves when it has ended. */
  async stopSession(sessionId: string): Promise<void> {
    const lane = this.#lanes.get(sessionId);
    lane?.driver?.stop();
    await lane?.done;
  }

  /** Stops whatever runs for an agent, also what is about to start, and resolves when all of it has ended. */
  async stopAgent(agentId: string): Promise<void> {
    this.#stoppingAgents.add(agentId);
    const stopLane = async (lane: Lane): Promise<void> => {
      if ((await lane.agent.promise) !== agentId) return;
      lane.driver?.stop();
      await lane.done;
    };
    try {
      await Promise.all([...this.#lanes.values()].map(stopLane));
    } finally {
      this.#stoppingAgents.delete(agentId);
    }
  }

  /** Interrupts everything and resolves when every end is stored; nothing starts any more. */
  async shutDown(error: ErrorInfo): Promise<void> {
    this.#isStopping = true;
    const lanes = [...this.#lanes.values()];
    for (const lane of lanes) lane.driver?.interrupt(error);
    await Promise.all(lanes.map((lane) => lane.done));
  }

  async #runLane(sessionId: string, first?: Promise<AttemptToRun | undefined>): Promise<void> {
    try {
      let next = first;
      while (!this.#isStopping && (await this.#runNext(sessionId, next))) next = undefined;
    } catch (error) {
      this.#ports.log.error(`The turns of a session stand still: ${asAppError(error).message}`, { sessionId });
      if (asAppError(error).class.startsWith('storage_')) setTimeout(() => this.wake(sessionId), storeRetryMs).unref();
    } finally {
      const lane = this.#lanes.get(sessionId);
      const wasAskedAgain = lane?.isAskedAgain === true;
      lane?.agent.resolve(undefined);
      this.#lanes.delete(sessionId);
      if (wasAskedAgain) this.wake(sessionId);
    }
  }

  async #runNext(sessionId: string, found: Promise<AttemptToRun | undefined> | undefined): Promise<boolean> {
    const lane = this.#lanes.get(sessionId);
    if (lane === undefined) return false;
    lane.isAskedAgain = false;
    const next = await (found ?? this.#ports.store.nextTurn(sessionId));
    // A turn that was found while the gateway goes stays in its queue and runs at the next start.
    if (this.#isStopping) return false;
    if (next === undefined) return lane.isAskedAgain;
    lane.driver = new TurnDriver(this.#ports, next);
    lane.agent.resolve(next.agentId);
    if (this.#takeStop(lane, next.turn.id) || this.#stoppingAgents.has(next.agentId)) lane.driver.stop();
    try {
      await lane.driver.run();
    } catch (error) {
      // It was taken back, held or deleted since it was found.
      if (!['conflict', 'not_found'].includes(asAppError(error).class)) throw error;
      this.#ports.log.info(`A turn that was found was not begun: ${asAppError(error).message}`, { sessionId });
    } finally {
      this.#ports.activity.end(lane.driver.turnId);
      lane.driver = undefined;
    }
    return true;
  }

  /** A wish to stop is for one attempt: it is forgotten when that begins. */
  #takeStop(lane: Lane, turnId: string): boolean {
    if (lane.stopOnStart !== turnId) return false;
    lane.stopOnStart = undefined;
    return true;
  }
}
