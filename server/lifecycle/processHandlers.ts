import { AppError } from '../base/appError.ts';
import type { GatewayStatus } from '../protocol/gateway.ts';
import type { GatewayServices } from '../rpc/services.ts';
import type { ProcessHandlers } from './servicesHolder.ts';

/** What the process says about itself, and how it is told to end. */
export interface ProcessView {
  /** What does not change while it runs. */
  readonly facts: Pick<GatewayStatus, 'pid' | 'startId' | 'startedAt' | 'version' | 'build' | 'protocol' | 'home' | 'logPath' | 'node'>;
  /** The services, or why there are none. */
  settled(): Promise<GatewayServices | AppError>;
  countConnections(): number;
  stop(): void;
}

const noTasks = { running: 0, waiting: 0, most: 0 } as const;

/** `gateway/status` and `gateway/stop`, which answer whatever the state of the services is. */
export function createProcessHandlers(view: ProcessView): ProcessHandlers {
  return {
    'gateway/status': async () => {
      const services = await view.settled();
      const status =
        services instanceof AppError ? { runningTurns: 0, queuedTurns: 0, tasks: noTasks, store: { state: 'failed' as const, error: services.toInfo() } } : services.status();
      return { ...view.facts, ...status, connections: view.countConnections(), memoryBytes: process.memoryUsage.rss() };
    },
    'gateway/stop': async ({ when }, { afterReply }) => {
      const services = await view.settled();
      if (when === 'idle' && !(services instanceof AppError) && services.hasWork()) {
        const { runningTurns, queuedTurns } = services.status();
        throw new AppError('conflict', 'The gateway is not idle.', { reason: 'busy', hint: 'Stop the turns first, or say `now` to interrupt them.', details: { runningTurns, queuedTurns } });
      }
      afterReply(() => view.stop());
      return {};
    },
  };
}
