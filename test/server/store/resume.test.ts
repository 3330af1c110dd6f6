import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TurnOutcome } from '../../../server/protocol/messages.ts';
import type { SessionEvent, SessionSnapshot } from '../../../server/protocol/sessions.ts';
import { applyEvent, type PlacedEvent } from '../../../server/protocol/transcript.ts';
import type { Stored } from '../../../server/store/store.ts';
import {
  answer,
  openTemporaryStore,
  principal,
  tick,
  type StartedTurn,
  type TemporaryStore,
} from '../../support/store/temporaryStore.ts';

let rig: TemporaryStore;
beforeAll(async () => (rig = await openTemporaryStore()));
afterAll(() => rig.dispose());

/** What may happen to a session, in any order; what does not fit the moment is left out. */
type Step =
  | { do: 'send' | 'edit' | 'remove' | 'start' | 'rename' | 'interrupt' | 'usage' }
  | { do: 'retry'; mode: 'retry' | 'resume' }
  | { do: 'hold'; isHeld: boolean }
  | { do: 'delta'; part: 'text' | 'thinking'; text: string }
  | {
      do: 'status';
      phase: 'prompt' | 'answering' | 'waiting';
      notice: boolean;
      isStopping: boolean;
      retryAt: number | undefined;
      text: string | undefined;
    }
  | { do: 'tool'; output: string; ends: boolean }
  | { do: 'end'; outcome: TurnOutcome; isFinalOther: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      { do: 'send' },
      { do: 'edit' },
      { do: 'remove' },
      { do: 'rename' },
      { do: 'interrupt' },
      { do: 'usage' },
    ),
  },
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'start' }) },
  {
    weight: 1,
    arbitrary: fc.record<Step & { do: 'retry' }>({
      do: fc.constant('retry'),
      mode: fc.constantFrom('retry', 'resume'),
    }),
  },
  { weight: 1, arbitrary: fc.record<Step & { do: 'hold' }>({ do: fc.constant('hold'), isHeld: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record<Step & { do: 'delta' }>({
      do: fc.constant('delta'),
      part: fc.constantFrom('text', 'thinking'),
      text: fc.string({ unit: 'grapheme', maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { do: 'status' }>({
      do: fc.constant('status'),
      phase: fc.constantFrom('prompt', 'answering', 'waiting'),
      notice: fc.boolean(),
      isStopping: fc.boolean(),
      retryAt: fc.option(fc.nat(), { nil: undefined }),
      text: fc.option(fc.constant('Loading'), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { do: 'tool' }>({
      do: fc.constant('tool'),
      output: fc.string({ maxLength: 5 }),
      ends: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step & { do: 'end' }>({
      do: fc.constant('end'),
      outcome: fc.constantFrom('completed', 'stopped', 'failed', 'interrupted', 'iterations_spent'),
      isFinalOther: fc.boolean(),
    }),
  },
);

/** A person, a driver and a client that sees every event, on one session. */
class History {
  readonly sessionId: string;
  /** What the client that sees everything shows after each seq. */
  readonly views = new Map<number, SessionSnapshot>();
  #live: SessionSnapshot;
  #running: StartedTurn | undefined;
  #parts = 0;

  constructor(sessionId: string, first: SessionSnapshot) {
    this.sessionId = sessionId;
    this.#live = first;
    this.views.set(first.seq, first);
  }

  get live(): SessionSnapshot {
    return this.#live;
  }

  async take(step: Step): Promise<void> {
    const { sessionId } = this;
    const queued = this.#live.queue.at(-1)?.message.id;
    switch (step.do) {
      case 'send':
        return this.#see(await rig.send(sessionId, `Message ${tick()}`));
      case 'edit':
        return queued === undefined
          ? undefined
          : this.#see(
              await rig.store.editQueued({ sessionId, messageId: queued, text: `Edited ${tick()}`, at: tick() }),
            );
      case 'remove':
        return queued === undefined
          ? undefined
          : this.#see(await rig.store.removeQueued({ sessionId, messageId: queued, at: tick() }));
      case 'rename':
        return this.#see(await rig.store.renameSession({ sessionId, title: `Title ${tick()}`, at: tick() }));
      case 'hold':
        return this.#see(await rig.store.holdQueue({ sessionId, isHeld: step.isHeld, at: tick() }));
      case 'retry':
        return await this.#retry(step.mode);
      case 'start':
        return await this.#start();
      default:
        return await this.#takeInTurn(step);
    }
  }

  async #retry(mode: 'retry' | 'resume'): Promise<void> {
    const last = this.#live.turns.at(-1);
    if (last === undefined) return;
    const asked = rig.store.retryTurn({
      principal,
      sessionId: this.sessionId,
      turnId: last.id,
      retryId: randomUUID(),
      mode,
      at: tick(),
    });
    await asked.then(
      (stored) => this.#see(stored),
      (error: unknown) => expect(error).toMatchObject({ class: 'conflict' }),
    );
  }

  async #start(): Promise<void> {
    const next = await rig.store.nextTurn(this.sessionId);
    if (next === undefined) return;
    const started = {
      sessionId: this.sessionId,
      turnId: next.turn.id,
      attempt: next.attempt,
      messageId: randomUUID(),
      runId: randomUUID(),
    };
    this.#running = started;
    this.#see(
      await rig.store.startAttempt({
        turnId: started.turnId,
        attempt: started.attempt,
        mode: next.mode,
        messageId: started.messageId,
        runId: started.runId,
        at: tick(),
      }),
    );
  }

  async #takeInTurn(step: Step): Promise<void> {
    const turn = this.#running;
    if (turn === undefined) return;
    if (step.do === 'interrupt' || step.do === 'end') this.#running = undefined;
    if (step.do === 'interrupt') {
      const error = { class: 'internal', message: 'Killed.', cause: 'kill', hint: 'Resume.', retryable: true } as const;
      return (await rig.store.interruptRunning({ error, at: tick() })).forEach((stored) => this.#see(stored));
    }
    if (step.do === 'end') return await this.#end(turn, step);
    const events = this.#streamed(turn, step);
    this.#see(await rig.store.appendEvents({ sessionId: this.sessionId, turnId: turn.turnId, events, at: tick() }));
  }

  async #end(turn: StartedTurn, { outcome, isFinalOther }: Step & { do: 'end' }): Promise<void> {
    const shown = this.#live.turns.at(-1)?.attempts.at(-1)?.message;
    const message =
      shown === undefined || isFinalOther
        ? answer(turn.messageId, { kind: 'text', partId: 'final', text: 'Whole' })
        : shown;
    const usage = isFinalOther
      ? { usage: { inputTokens: 1, outputTokens: 2, source: 'server' as const, modelCalls: 1 } }
      : {};
    this.#see(
      await rig.store.endAttempt({
        turnId: turn.turnId,
        attempt: turn.attempt,
        outcome,
        message,
        ...usage,
        at: tick(),
      }),
    );
  }

  #streamed({ messageId }: StartedTurn, step: Step): SessionEvent[] {
    const last = this.#live.turns.at(-1)?.attempts.at(-1)?.message?.parts.at(-1);
    switch (step.do) {
      case 'delta': {
        const follows = last !== undefined && last.kind === step.part;
        const place = follows
          ? { partId: last.partId, offset: last.text.length }
          : { partId: String(++this.#parts), offset: 0 };
        return [{ kind: 'part.delta', messageId, part: step.part, text: step.text, ...place }];
      }
      case 'status':
        return [
          {
            kind: 'turn.status',
            phase: step.phase,
            ...(step.notice ? { notice: `Notice ${tick()}` } : {}),
            ...(step.isStopping ? { isStopping: true } : {}),
            ...(step.retryAt === undefined ? {} : { retryAt: step.retryAt }),
            ...(step.text === undefined ? {} : { text: step.text }),
          },
        ];
      case 'tool': {
        const partId = String(++this.#parts);
        const ended: SessionEvent[] = step.ends
          ? [{ kind: 'tool.ended', messageId, partId, state: 'done', durationMs: 3, result: 'exit 0' }]
          : [];
        return [
          {
            kind: 'tool.started',
            messageId,
            partId,
            callId: partId,
            tool: 'run_command',
            title: 'ls',
            args: { command: 'ls' },
          },
          { kind: 'tool.output', messageId, partId, offset: 0, text: step.output },
          ...ended,
        ];
      }
      case 'usage':
        return [{ kind: 'usage', usage: { inputTokens: tick(), outputTokens: 1, source: 'estimate', modelCalls: 1 } }];
      default:
        return [];
    }
  }

  #see(stored: Stored): void {
    for (const event of stored.events) {
      expect(event.seq).toBe(this.#live.seq + 1);
      this.#live = applyEvent(this.#live, event);
      this.views.set(event.seq, this.#live);
    }
  }
}

async function resume(sessionId: string, from: SessionSnapshot, pageSize: number): Promise<SessionSnapshot> {
  let view = from;
  for (;;) {
    const events: PlacedEvent[] | undefined = await rig.store.eventsAfter({
      sessionId,
      after: view.seq,
      limit: pageSize,
    });
    if (events === undefined) throw new Error(`The store does not know seq ${view.seq}.`);
    if (events.length === 0) return view;
    view = events.reduce(applyEvent, view);
  }
}

describe('A client of a session', () => {
  it('shows the same whether it saw every event, came back after any of them, or asks for a snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (steps, pageSize) => {
          const sessionId = await rig.createSession();
          const history = new History(sessionId, await rig.store.snapshot({ sessionId, limit: 1000 }));
          for (const one of steps) {
            await history.take(one);
            expect(await rig.store.snapshot({ sessionId, limit: 1000 })).toEqual(history.live);
          }
          for (const view of history.views.values())
            expect(await resume(sessionId, view, pageSize)).toEqual(history.live);
          expect(await rig.store.eventsAfter({ sessionId, after: history.live.seq + 1, limit: 1 })).toBeUndefined();
          // Leaves no running attempt behind for the next history.
          await history.take({ do: 'interrupt' });
        },
      ),
      { numRuns: 200 },
    );
  }, 60_000);

  it('gets nothing for a place before the first event, and all of it after place 0', async () => {
    const sessionId = await rig.createSession();
    await rig.send(sessionId);
    expect(await rig.store.eventsAfter({ sessionId, after: -1, limit: 10 })).toBeUndefined();
    expect((await rig.store.eventsAfter({ sessionId, after: 0, limit: 10 }))?.map(({ seq }) => seq)).toEqual([1, 2]);
    await expect(rig.store.eventsAfter({ sessionId: randomUUID(), after: 0, limit: 1 })).rejects.toMatchObject({
      class: 'not_found',
    });
    await expect(rig.store.snapshot({ sessionId: randomUUID(), limit: 1 })).rejects.toMatchObject({
      class: 'not_found',
    });
  });
});
