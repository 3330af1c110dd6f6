import type { Logger } from '../log/logger.ts';
import type { EngineName } from '../protocol/sandboxes.ts';
import { BubblewrapEngine } from './bubblewrap/engine.ts';
import type { SandboxEngine } from './engine.ts';
import type { SandboxLimits } from './limits.ts';

/** What any engine may be built from. */
export interface EngineOptions {
  /** Real path of the gateway's state directory. */
  readonly stateDir: string;
  /** The plain Node on which workers run; undefined when this host has none, and then nothing starts. */
  readonly nodePath: string | undefined;
  /** The bundled worker. */
  readonly workerPath: string;
  readonly log: Logger;
  /** What the next task may use; read at each start. */
  readonly limits: () => SandboxLimits;
}

/** Every engine by name: a new one is a folder here, a literal in the protocol and a line in this table. */
export const engines: Readonly<Record<EngineName, (options: EngineOptions) => SandboxEngine>> = {
  bubblewrap: ({ limits, ...options }) => new BubblewrapEngine({
    ...options,
    get limits() {
      return limits();
    },
  }),
};
