import { raiseLimit } from '../limits/raiseLimit.ts';
import type { ErrorInfo } from '../protocol/errors.ts';
import type { TurnOutcome } from '../protocol/messages.ts';

/** Why a turn is being ended before its task says so. */
export type EndRequest = { readonly by: 'person' } | { readonly by: 'gateway'; readonly error: ErrorInfo };

/** How a task ended, as far as a turn cares. */
export type TaskVerdict =
  | { readonly kind: 'result'; readonly outcome: 'completed' | 'iterations_spent'; readonly iterations: number; readonly hasContent: boolean }
  | { readonly kind: 'error'; readonly error: ErrorInfo }
  | { readonly kind: 'stopped' };

/** Where an attempt is: `preparing` freezes the STAMP and waits for the sandbox, `running` has a task, `ended` is final. */
export type TurnState =
  | { readonly at: 'preparing'; readonly end?: EndRequest }
  | { readonly at: 'running'; readonly end?: EndRequest; readonly modelError?: ErrorInfo }
  | { readonly at: 'ended'; readonly outcome: TurnOutcome; readonly error?: ErrorInfo };

/** What can happen to an attempt. */
export type TurnInput =
  | { readonly kind: 'dispatched' }
  | { readonly kind: 'endRequested'; readonly request: EndRequest }
  /** The gateway's own path to the model saw a call end: its error, or undefined after a good one. */
  | { readonly kind: 'modelCallEnded'; readonly error: ErrorInfo | undefined }
  | { readonly kind: 'preparationFailed'; readonly error: ErrorInfo }
  | { readonly kind: 'taskEnded'; readonly verdict: TaskVerdict };

/** An attempt of which nothing has happened yet. */
export const initialTurnState: TurnState = { at: 'preparing' };

/** Moves an attempt on; pure. Nothing moves an ended one. What the gateway saw of the model overrides what a worker claims. */
export function reduceTurn(state: TurnState, input: TurnInput): TurnState {
  if (state.at === 'ended') return state;
  switch (input.kind) {
    case 'dispatched':
      return state.end === undefined ? { at: 'running' } : { at: 'running', end: state.end };
    case 'endRequested':
      return state.end === undefined ? { ...state, end: input.request } : state;
    case 'modelCallEnded':
      return state.at === 'running' ? reduceModelCall(state, input.error) : state;
    case 'preparationFailed':
      return state.end === undefined ? { at: 'ended', outcome: 'failed', error: input.error } : endedOnRequest(state.end);
    case 'taskEnded':
      return judge(state, input.verdict);
  }
}

function reduceModelCall(state: Extract<TurnState, { at: 'running' }>, error: ErrorInfo | undefined): TurnState {
  const { modelError: _previous, ...rest } = state;
  return error === undefined ? rest : { ...rest, modelError: error };
}

function judge(state: Exclude<TurnState, { at: 'ended' }>, verdict: TaskVerdict): TurnState {
  // A result that was already in the pipe when Stop was pressed is the answer, not a stop.
  const modelError = state.at === 'running' ? state.modelError : undefined;
  if (verdict.kind === 'result' && modelError === undefined) return judgeResult(verdict);
  if (state.end !== undefined) return endedOnRequest(state.end);
  if (verdict.kind === 'result') return { at: 'ended', outcome: 'failed', ...(modelError === undefined ? {} : { error: modelError }) };
  if (verdict.kind === 'error') return { at: 'ended', outcome: 'failed', error: modelError ?? verdict.error };
  return { at: 'ended', outcome: 'stopped' };
}

function judgeResult(verdict: Extract<TaskVerdict, { kind: 'result' }>): TurnState {
  if (verdict.outcome === 'iterations_spent') return { at: 'ended', outcome: 'iterations_spent', error: stepsSpent(verdict.iterations) };
  return verdict.hasContent ? { at: 'ended', outcome: 'completed' } : { at: 'ended', outcome: 'failed', error: emptyReply };
}

function endedOnRequest(request: EndRequest): TurnState {
  return request.by === 'person' ? { at: 'ended', outcome: 'stopped' } : { at: 'ended', outcome: endOutcome(request.error), error: request.error };
}

/** A gateway that goes away interrupts; a budget is spent like steps are, and can be given anew; any other limit that it enforces fails. */
function endOutcome(error: ErrorInfo): TurnOutcome {
  if (error.class === 'budget_spent') return 'iterations_spent';
  return error.cause === 'gateway_stopped' ? 'interrupted' : 'failed';
}

function stepsSpent(steps: number): ErrorInfo {
  return { class: 'budget_spent', cause: 'iterations', message: `${steps} of ${steps} steps used.`, hint: `Continue to give it as many again, or ${raiseLimit('iterations')}.`, retryable: false, details: { steps } };
}

const emptyReply: ErrorInfo = {
  class: 'empty_reply',
  cause: 'no_content',
  message: 'The model gave an empty reply.',
  hint: 'Retry, or choose another model.',
  retryable: true,
};
