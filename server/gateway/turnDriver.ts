import { setTimeout as sleep } from 'node:timers/promises';
import { asAppError, AppError } from '../base/appError.ts';
import type { Place } from '../base/fairGate.ts';
import { createForwardClock } from '../base/forwardClock.ts';
import type { ProgressFrame, TaskEnd } from '../exec/dispatcher.ts';
import { returnedMembers } from '../exec/history.ts';
import { routeKey, type ModelCallReport, type ModelRoute } from '../inference/route.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { Attempt, Message, TurnPhase } from '../protocol/messages.ts';
import type { SessionEvent } from '../protocol/sessions.ts';
import type { PreparedSandbox } from '../sandboxes/engine.ts';
import type { TurnToRun } from '../store/store.ts';
import { AnswerBuilder } from './answerBuilder.ts';
import { CallBudget } from './callBudget.ts';
import { EventAppender } from './eventAppender.ts';
import { onlySeen } from './seenMembers.ts';
import type { AgentForTurn, TurnPorts } from './turnPorts.ts';
import { initialTurnState, reduceTurn, type TaskVerdict, type TurnInput, type TurnState } from './turnState.ts';
import { stampOf, taskOf } from './turnTask.ts';
import { endNotices, startNotices } from './turnNotices.ts';
import { sumUsage } from './turnUsage.ts';

/** The attempt that a driver runs. */
export interface AttemptToRun extends TurnToRun {
  readonly attempt: number;
  readonly mode: Attempt['mode'];
}

interface Prepared {
  readonly agent: AgentForTurn;
  readonly route: ModelRoute;
  readonly sandbox: PreparedSandbox;
}

const historyTurns = 200;
/** What a worker says of its phase is stored; beyond so many times in one attempt it is not heard. */
const maxStatusFrames = 2_000;
const maxNoticeFrames = 20;
const storeRetryMs = 2_000;
const retryableStoreClasses: ReadonlySet<string> = new Set(['storage_full', 'storage_locked']);
const transportClasses: ReadonlySet<string> = new Set(['sandbox_disconnected', 'worker_failed', 'worker_silent']);

/** Runs one attempt at one turn from its stored start to its stored end. `run` never rejects but for a store that cannot store the end. */
export class TurnDriver {
  readonly #ports: TurnPorts;
  readonly #job: AttemptToRun;
  readonly #runId: string;
  readonly #now: () => number;
  readonly #abort = new AbortController();
  readonly #events: EventAppender;
  readonly #answer: AnswerBuilder;
  readonly #reports: ModelCallReport[] = [];
  readonly #budget: CallBudget;
  #state: TurnState = initialTurnState;
  #phase: TurnPhase = 'sandbox';
  #phaseText: string | undefined;
  #tool: string | undefined;
  #statusFrames = 0;
  #noticeFrames = 0;
  /** Names of members that the server of the model was seen to send. */
  readonly #seenMembers = new Set<string>();
  #fromReasoning = false;
  /** Where the model of this attempt is reached. */
  #route = '';
  #isInterrupted = false;
  /** The worker took the task. */
  #hasBegun = false;
  #exitReason: string | undefined;

  constructor(ports: TurnPorts, job: AttemptToRun) {
    this.#ports = ports;
    this.#job = job;
    this.#runId = ports.newId();
    this.#budget = new CallBudget(ports.limits());
    this.#now = createForwardClock(ports.now);
    this.#events = new EventAppender({
      store: ports.store,
      ticks: ports.ticks,
      publish: (stored) => ports.publish(stored),
      sessionId: job.sessionId,
      turnId: job.turn.id,
      now: this.#now,
      onFailure: (error) => this.#end({ by: 'gateway', error: asAppError(error).toInfo() }),
    });
    const message: Message = { id: ports.newId(), role: 'assistant', parts: [], origin: { kind: 'agent', name: '' }, createdAt: this.#now() };
    this.#answer = new AnswerBuilder({ message, emit: (event) => this.#events.add(event), now: this.#now });
  }

  get turnId(): string {
    return this.#job.turn.id;
  }

  /** Id of the person's message. */
  get messageId(): string {
    return this.#job.turn.message.id;
  }

  async run(): Promise<void> {
    const { turn, attempt, mode } = this.#job;
    const messageId = this.#answer.message.id;
    let place = this.#ports.places.tryEnter();
    try {
      // Reading what the agent is takes as long as storing the start does, so both are under way at once.
      const preparing = place === undefined ? undefined : this.#untilAborted(this.#prepare());
      preparing?.catch(() => undefined);
      this.#ports.publish(await this.#ports.store.startAttempt({ turnId: turn.id, attempt, mode, messageId, runId: this.#runId, at: this.#now() }));
      this.#showActivity();
      try {
        place ??= await this.#waitForPlace();
        await this.#runTask(preparing ?? this.#untilAborted(this.#prepare()));
      } catch (error) {
        this.#fail(error);
      }
    } finally {
      place?.leave();
    }
    // What has not begun when the gateway goes is begun by its next start.
    const isLeft = this.#isInterrupted && !this.#hasBegun && this.#state.at === 'ended' && this.#state.outcome !== 'stopped';
    if (isLeft) await this.#events.settled();
    else await this.#store();
    this.#ports.activity.end(turn.id);
  }

  /** Says what it waits for, and that it goes on. */
  async #waitForPlace(): Promise<Place> {
    const { places } = this.#ports;
    const { most } = places;
    this.#enter('waiting', `Waits for a free place: ${most === 1 ? '1 task runs' : `${most} tasks run`} at once.`);
    const place = await places.enter(this.#job.agentId, this.#abort.signal).catch(() => {
      throw stoppedEarly();
    });
    this.#enter('sandbox', undefined);
    return place;
  }

  #fail(error: unknown): void {
    const failure = asAppError(error);
    this.#reduce({ kind: 'preparationFailed', error: failure.toInfo() });
    if (failure.class === 'internal') this.#ports.log.error(`A turn failed: ${String(error instanceof Error ? error.stack : error)}`, this.#context());
  }

  /** Asks for the end on behalf of a person; acknowledged as soon as it returns. */
  stop(): void {
    this.#end({ by: 'person' });
  }

  /** Ends the attempt as interrupted because the gateway goes away. */
  interrupt(error: ErrorInfo): void {
    this.#isInterrupted = true;
    this.#end({ by: 'gateway', error });
  }

  #end(request: Extract<TurnInput, { kind: 'endRequested' }>['request']): void {
    if (this.#state.at === 'ended' || this.#state.end !== undefined) return;
    this.#reduce({ kind: 'endRequested', request });
    if (request.by === 'person') this.#events.add({ kind: 'turn.status', phase: this.#phase, isStopping: true });
    this.#abort.abort();
  }

  async #prepare(): Promise<Prepared> {
    const agent = await this.#ports.loadAgent(this.#job.agentId);
    const [route, sandbox] = await Promise.all([this.#ports.resolveRoute(agent.model, this.#job.sessionId), this.#ports.sandboxes.ensure(agent)]);
    return { agent, route, sandbox };
  }

  async #runTask(preparing: Promise<Prepared>): Promise<void> {
    const { turn, attempt, mode, sessionId } = this.#job;
    const history = turn.ordinal === 1 ? [] : this.#ports.store.turnsForHistory({ sessionId, beforeOrdinal: turn.ordinal, limit: historyTurns });
    const [{ agent, route, sandbox }, earlier] = await Promise.all([preparing, history]);
    const { engine } = this.#ports.sandboxes;
    const stamp = stampOf(agent, route, this.#ports.runtimeBuild);
    await this.#ports.store.freezeRun({ runId: this.#runId, turnId: turn.id, attempt, stamp, at: this.#now() });
    const canWriteWorkspace = agent.policy.filesystem.includeWorkdir;
    const { task, leftOutTurns } = taskOf({ stamp, turn, attempt, mode, earlier, capabilities: engine.capabilities, canWriteWorkspace, limits: this.#ports.limits(), runId: this.#runId, now: this.#now() });
    this.#tellNotices(startNotices(agent, route, earlier, leftOutTurns));
    if (this.#abort.signal.aborted) throw stoppedEarly();
    this.#reduce({ kind: 'dispatched' });
    this.#ports.sandboxes.taskStarted(agent.id);
    this.#route = routeKey(route);
    const end = await this.#dispatch({ agent, route: { ...route, returnedMembers: returnedMembers([...task.history, ...(task.steps ?? [])]) }, sandbox }, task);
    this.#ports.sandboxes.taskEnded(agent.id, end.outcome === 'error' && transportClasses.has(end.error.class) ? end.error : undefined);
    this.#exitReason = end.exitReason;
    if (end.outcome === 'result') {
      this.#fromReasoning = end.result.fromReasoning === true;
      this.#tellNotices(endNotices(this.#reports));
    }
    this.#reduce({ kind: 'taskEnded', verdict: this.#verdictOf(end) });
  }

  async #dispatch({ agent, route, sandbox }: Prepared, task: ReturnType<typeof taskOf>['task']): Promise<TaskEnd> {
    return await this.#ports.dispatch({
      sandbox,
      engine: this.#ports.sandboxes.engine,
      task,
      route,
      signal: this.#abort.signal,
      about: this.#context(),
      onAccepted: (dispatchMs) => {
        this.#hasBegun = true;
        this.#ports.log.debug(`Dispatched in ${dispatchMs.toFixed(1)} ms.`, { ...this.#context(), agentId: agent.id });
        this.#enter('prompt', undefined);
      },
      onFrame: (frame) => this.#acceptFrame(frame),
      observer: {
        onStatus: (phase, text) => this.#enter(phase, text),
        refuse: () => {
          const error = this.#budget.begin();
          if (error !== undefined) this.#end({ by: 'gateway', error });
          return error;
        },
        onReport: (report) => {
          this.#budget.note(report);
          this.#reports.push(report);
          for (const name of report.returnedMembers ?? []) this.#seenMembers.add(name);
          if (report.finish !== 'cancelled') this.#reduce({ kind: 'modelCallEnded', error: report.error });
        },
      },
    });
  }

  #tellNotices(notices: readonly string[]): void {
    for (const notice of notices) this.#events.add({ kind: 'turn.status', phase: this.#phase, notice });
  }

  /** A promise holds the worker back while the store is behind. */
  #acceptFrame(frame: ProgressFrame): void | Promise<void> {
    this.#hasBegun = true;
    try {
      this.#applyFrame(frame);
    } catch (error) {
      this.#end({ by: 'gateway', error: asAppError(error).toInfo() });
    }
    if (this.#events.isBehind) return this.#events.settled();
  }

  #applyFrame(frame: ProgressFrame): void {
    switch (frame.frame) {
      case 'status':
        this.#statusFrames += 1;
        return this.#statusFrames > maxStatusFrames ? undefined : this.#enter(frame.phase, frame.text);
      case 'text':
      case 'thinking':
        this.#enter(frame.frame === 'text' ? 'answering' : 'thinking', undefined);
        return this.#answer.accept(frame);
      case 'notice':
        this.#noticeFrames += 1;
        return this.#noticeFrames > maxNoticeFrames ? undefined : this.#tellNotices([frame.text.replaceAll(/\p{Cc}+/gu, ' ')]);
      case 'tool_start':
        this.#answer.accept(frame.kept === undefined ? frame : { ...frame, kept: onlySeen(frame.kept, this.#seenMembers) }, this.#route);
        this.#tool = frame.tool;
        this.#enter('tool', undefined);
        return this.#showActivity();
      case 'tool_output':
      case 'tool_end':
        return this.#answer.accept(frame);
    }
  }

  /** Tells a phase once, when it changes; text of a phase counts as a change. */
  #enter(phase: TurnPhase, text: string | undefined): void {
    if (phase === this.#phase && text === this.#phaseText) return;
    this.#phase = phase;
    this.#phaseText = text;
    this.#events.add({ kind: 'turn.status', phase, ...(text === undefined ? {} : { text }) } satisfies SessionEvent);
    this.#showActivity();
  }

  #showActivity(): void {
    const { agentId, sessionId, turn } = this.#job;
    this.#ports.activity.set({ agentId, sessionId, turnId: turn.id, phase: this.#phase, ...(this.#phase === 'tool' ? { tool: this.#tool } : {}) });
  }

  #verdictOf(end: TaskEnd): TaskVerdict {
    if (end.outcome === 'result') return { kind: 'result', outcome: end.result.outcome, iterations: end.result.iterations, hasContent: this.#answer.hasContent };
    if (end.outcome === 'error') return { kind: 'error', error: end.error };
    return { kind: 'stopped' };
  }

  /** Stores the end. A full or locked disk is tried again until it takes it, or until the gateway goes: its next start ends the turn then. */
  async #store(): Promise<void> {
    const state = this.#state;
    if (state.at !== 'ended') throw new AppError('internal', 'A turn was stored before it ended.', { hint: 'Send the log with your report.' });
    this.#answer.finish(state.outcome === 'stopped' ? 'stopped' : 'failed');
    await this.#events.settled();
    for (;;) {
      try {
        return this.#ports.publish(await this.#ports.store.endAttempt(this.#endOf(state)));
      } catch (error) {
        const failure = asAppError(error);
        if (!retryableStoreClasses.has(failure.class) || this.#isInterrupted) throw error;
        this.#ports.log.warn(`The end of a turn is not stored yet and is tried again: ${failure.message}`, this.#context());
        await sleep(storeRetryMs);
      }
    }
  }

  #endOf(state: Extract<TurnState, { at: 'ended' }>): Parameters<TurnPorts['store']['endAttempt']>[0] {
    const usage = sumUsage(this.#reports);
    const message = this.#answer.message;
    return {
      turnId: this.#job.turn.id,
      attempt: this.#job.attempt,
      outcome: state.outcome,
      ...(state.error === undefined ? {} : { error: state.error }),
      message: this.#fromReasoning ? { ...message, fromReasoning: true } : message,
      ...(usage === undefined ? {} : { usage }),
      ...(this.#exitReason === undefined ? {} : { exitReason: this.#exitReason }),
      at: this.#now(),
    };
  }

  #reduce(input: TurnInput): void {
    this.#state = reduceTurn(this.#state, input);
  }

  #context(): { sessionId: string; runId: string } {
    return { sessionId: this.#job.sessionId, runId: this.#runId };
  }

  /** Preparation may hang in a provider or an engine; a stop does not wait for it. */
  async #untilAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    const aborted = new Promise<never>((_resolve, reject) => {
      if (signal.aborted) reject(stoppedEarly());
      else signal.addEventListener('abort', () => reject(stoppedEarly()), { once: true });
    });
    return await Promise.race([work, aborted]);
  }
}

function stoppedEarly(): AppError {
  return new AppError('cancelled', 'The turn was stopped before its task began.', { hint: 'Send the message again.' });
}
