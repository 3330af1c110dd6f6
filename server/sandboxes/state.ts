import type { ErrorInfo } from '../protocol/errors.ts';
import type { SandboxPhase } from '../protocol/sandboxes.ts';
import type { EngineProbe } from './engine.ts';

/** What is known of one sandbox. */
export interface SandboxState {
  readonly phase: SandboxPhase;
  /** Whether its last task ended by itself, and not because the way to it was lost. */
  readonly lastTaskWasSound: boolean;
  readonly isProbeSound: boolean;
  readonly probe: (EngineProbe & { readonly at: number }) | undefined;
  readonly runningTasks: number;
  readonly error: ErrorInfo | undefined;
}

/** What can happen to a sandbox. */
export type SandboxEvent =
  | { readonly type: 'starting' }
  | { readonly type: 'ready'; readonly probe: EngineProbe; readonly probedAt: number }
  | { readonly type: 'failed'; readonly error: ErrorInfo }
  | { readonly type: 'task_started' }
  | { readonly type: 'task_ended'; readonly transportError: ErrorInfo | undefined }
  | { readonly type: 'gone' };

/** A sandbox that nobody has asked for yet. */
export const absentSandbox: SandboxState = { phase: 'absent', lastTaskWasSound: true, isProbeSound: false, probe: undefined, runningTasks: 0, error: undefined };

/** What a sandbox becomes by an event. Pure. */
export function reduceSandbox(state: SandboxState, event: SandboxEvent): SandboxState {
  switch (event.type) {
    case 'starting':
      return { ...state, phase: 'starting', error: undefined };
    case 'ready':
      return { ...state, phase: 'ready', isProbeSound: true, lastTaskWasSound: true, probe: { ...event.probe, at: event.probedAt }, error: undefined };
    case 'failed':
      return { ...state, phase: 'failed', isProbeSound: false, error: event.error };
    case 'task_started':
      return { ...state, runningTasks: state.runningTasks + 1 };
    case 'task_ended': {
      const runningTasks = Math.max(0, state.runningTasks - 1);
      if (event.transportError === undefined) return { ...state, runningTasks };
      return { ...state, runningTasks, lastTaskWasSound: false, error: event.transportError };
    }
    case 'gone':
      return { ...absentSandbox, runningTasks: state.runningTasks };
  }
}

/** The health of a sandbox as clients see it; the only place where it is decided whether a chat is ready. */
export function healthOf(state: SandboxState): { reachable: boolean; apiHealthy: boolean; isChatReady: boolean } {
  const reachable = state.phase === 'ready';
  const apiHealthy = state.isProbeSound && state.lastTaskWasSound;
  return { reachable, apiHealthy, isChatReady: reachable && apiHealthy };
}
