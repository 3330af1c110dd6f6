import { createDispatcher } from '../../../server/exec/createDispatcher.ts';
import type { Dispatcher, DispatchRequest, ProgressFrame, TaskEnd } from '../../../server/exec/dispatcher.ts';
import type { WarmWorkerLimits } from '../../../server/exec/warmWorkers.ts';
import { createMemoryLog } from '../../support/memoryLog.ts';
import { ManualClock, settle } from './manualClock.ts';
import { deadRoute, sandboxOf, ScriptedEngine, taskOf, type ScriptedProcess } from './scriptedEngine.ts';

/** A dispatcher over a scripted engine and a clock that the test moves. */
export interface DispatcherBench {
  readonly engine: ScriptedEngine;
  readonly clock: ManualClock;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly dispatcher: Dispatcher;
  /** Dispatches a task and waits until its process has the line. */
  dispatch(change?: Partial<DispatchRequest>): Promise<PlayedTask>;
}

/** A task that a test plays. */
export interface PlayedTask {
  readonly process: ScriptedProcess;
  readonly frames: ProgressFrame[];
  readonly stop: AbortController;
  readonly end: Promise<TaskEnd>;
  accept(): void;
}

/** Makes a bench; no worker waits unless asked for. */
export function createDispatcherBench(options: { keepsStdinOpen?: boolean; warm?: Partial<WarmWorkerLimits> } = {}): DispatcherBench {
  const engine = new ScriptedEngine(options.keepsStdinOpen);
  const clock = new ManualClock();
  const log = createMemoryLog();
  const dispatcher = createDispatcher({ openInferenceSocket: engine.openInferenceSocket, loggerOf: log.of, clock, warm: options.warm ?? { maxWaiting: 0 } });
  return {
    engine,
    clock,
    log,
    dispatcher,
    async dispatch(change = {}) {
      const stop = new AbortController();
      const frames: ProgressFrame[] = [];
      const before = engine.processes.find((process) => process.received.length === 0);
      const end = dispatcher.dispatch({
        sandbox: sandboxOf('a1'),
        engine,
        task: taskOf(),
        route: deadRoute,
        observer: { onReport: () => undefined },
        onFrame: (frame) => void frames.push(frame),
        signal: stop.signal,
        ...change,
      });
      await settle();
      const process = before !== undefined && before.received.length > 0 ? before : engine.last;
      return { process, frames, stop, end, accept: () => process.frame({ frame: 'accepted', taskId: change.task?.taskId ?? 'task-1' }) };
    },
  };
}
