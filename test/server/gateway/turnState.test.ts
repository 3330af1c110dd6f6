import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorInfo } from '../../../server/protocol/errors.ts';
import { initialTurnState, reduceTurn, type TurnInput, type TurnState } from '../../../server/gateway/turnState.ts';

const error = (cause: string): ErrorInfo => ({ class: 'model_error', cause, message: 'It failed.', hint: 'Retry.', retryable: true });
const run = (...inputs: TurnInput[]): TurnState => inputs.reduce(reduceTurn, initialTurnState);
const dispatched: TurnInput = { kind: 'dispatched' };
const stop: TurnInput = { kind: 'endRequested', request: { by: 'person' } };
const result = (hasContent: boolean): TurnInput => ({ kind: 'taskEnded', verdict: { kind: 'result', outcome: 'completed', iterations: 1, hasContent } });

describe('a turn', () => {
  it('completes when its task gives a result with content', () => {
    expect(run(dispatched, result(true))).toEqual({ at: 'ended', outcome: 'completed' });
  });

  it('fails as an empty reply when the result has no content', () => {
    expect(run(dispatched, result(false))).toMatchObject({ outcome: 'failed', error: { class: 'empty_reply' } });
  });

  it('says how many steps it used when they are spent', () => {
    const spent: TurnInput = { kind: 'taskEnded', verdict: { kind: 'result', outcome: 'iterations_spent', iterations: 90, hasContent: true } };
    expect(run(dispatched, spent)).toMatchObject({ outcome: 'iterations_spent', error: { class: 'budget_spent', message: '90 of 90 steps used.', details: { steps: 90 } } });
  });

  it('is stopped when a person asked before the task ended', () => {
    expect(run(dispatched, stop, { kind: 'taskEnded', verdict: { kind: 'stopped' } })).toEqual({ at: 'ended', outcome: 'stopped' });
  });

  it('is completed when the result was in the pipe before the stop took effect', () => {
    expect(run(dispatched, stop, result(true))).toMatchObject({ outcome: 'completed' });
  });

  it('is stopped when a person asked during preparation, whatever the preparation says then', () => {
    expect(run(stop, { kind: 'preparationFailed', error: error('late') })).toEqual({ at: 'ended', outcome: 'stopped' });
  });

  it('is interrupted when the gateway goes away', () => {
    const going = error('gateway_stopped');
    expect(run(dispatched, { kind: 'endRequested', request: { by: 'gateway', error: going } }, { kind: 'taskEnded', verdict: { kind: 'stopped' } })).toEqual({ at: 'ended', outcome: 'interrupted', error: going });
  });

  it('fails with what the gateway saw of the model, not with what the worker claims', () => {
    const seen = error('seen');
    const claimed: TurnInput = { kind: 'taskEnded', verdict: { kind: 'error', error: error('claimed') } };
    expect(run(dispatched, { kind: 'modelCallEnded', error: seen }, claimed)).toMatchObject({ outcome: 'failed', error: { cause: 'seen' } });
    expect(run(dispatched, { kind: 'modelCallEnded', error: seen }, result(true))).toMatchObject({ outcome: 'failed', error: { cause: 'seen' } });
  });

  it('forgets a model error that a later good call made up for', () => {
    expect(run(dispatched, { kind: 'modelCallEnded', error: error('first') }, { kind: 'modelCallEnded', error: undefined }, result(true))).toMatchObject({ outcome: 'completed' });
  });

  it('never leaves its end, whatever comes after it', () => {
    const inputs = fc.constantFrom<TurnInput>(dispatched, stop, result(true), result(false), { kind: 'preparationFailed', error: error('x') }, { kind: 'modelCallEnded', error: error('y') }, { kind: 'taskEnded', verdict: { kind: 'stopped' } });
    fc.assert(
      fc.property(fc.array(inputs, { maxLength: 12 }), (sequence) => {
        let state: TurnState = initialTurnState;
        for (const input of sequence) {
          const next = reduceTurn(state, input);
          if (state.at === 'ended') expect(next).toBe(state);
          state = next;
        }
      }),
    );
  });
});
