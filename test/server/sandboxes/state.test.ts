import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { absentSandbox, healthOf, reduceSandbox, type SandboxEvent } from '../../../server/sandboxes/state.ts';
import type { ErrorInfo } from '../../../server/protocol/errors.ts';

const error: ErrorInfo = { class: 'sandbox_disconnected', message: 'm', cause: 'c', hint: 'h', retryable: true };
const probe = { version: 'bubblewrap 0.8.0', latencyMs: 4, limits: [] };
const ready: SandboxEvent = { type: 'ready', probe, probedAt: 5 };
const after = (...events: SandboxEvent[]) => events.reduce(reduceSandbox, absentSandbox);

describe('reduceSandbox', () => {
  it('is ready for a chat after a probe and a start, and not before', () => {
    expect(healthOf(absentSandbox).isChatReady).toBe(false);
    expect(healthOf(after({ type: 'starting' }))).toEqual({ reachable: false, apiHealthy: false, isChatReady: false });
    expect(healthOf(after({ type: 'starting' }, ready))).toEqual({ reachable: true, apiHealthy: true, isChatReady: true });
  });

  it('is reachable but not healthy after a task lost its way, until a probe succeeds', () => {
    const lost = after(ready, { type: 'task_started' }, { type: 'task_ended', transportError: error });
    expect(healthOf(lost)).toEqual({ reachable: true, apiHealthy: false, isChatReady: false });
    expect(lost.error).toEqual(error);
    expect(healthOf(reduceSandbox(lost, { type: 'task_ended', transportError: undefined })).apiHealthy).toBe(false);
    const mended = reduceSandbox(reduceSandbox(lost, { type: 'starting' }), ready);
    expect(healthOf(mended).isChatReady).toBe(true);
    expect(mended.error).toBeUndefined();
  });

  it('stays ready when a task ends by itself', () => {
    expect(healthOf(after(ready, { type: 'task_started' }, { type: 'task_ended', transportError: undefined })).isChatReady).toBe(true);
  });

  it('keeps the cause of a failed start until the next one', () => {
    const failed = after({ type: 'starting' }, { type: 'failed', error });
    expect(failed).toMatchObject({ phase: 'failed', error });
    expect(reduceSandbox(failed, { type: 'starting' }).error).toBeUndefined();
  });

  it('never counts fewer than no tasks, and is chat-ready exactly when reachable and healthy', () => {
    const events = fc.constantFrom<SandboxEvent>({ type: 'starting' }, ready, { type: 'failed', error }, { type: 'task_started' }, { type: 'task_ended', transportError: error }, { type: 'task_ended', transportError: undefined }, { type: 'gone' });
    fc.assert(
      fc.property(fc.array(events), (list) => {
        const state = after(...list);
        const health = healthOf(state);
        expect(state.runningTasks).toBeGreaterThanOrEqual(0);
        expect(health.isChatReady).toBe(health.reachable && health.apiHealthy);
      }),
    );
  });
});
