import type { ModelServer } from '../../protocol/models.ts';

/** The model that comes along: a process of our own with the surface of any model server, on a private socket. */
export interface EmbeddedModel {
  /** How it stands, as one more server of the list; `not_installed` while its component is absent. */
  view(): ModelServer;
  /** Starts the process unless it runs, and gives its socket once it listens; it may still be loading. Throws `model_unreachable` or `model_crashed`. */
  start(): Promise<{ readonly socketPath: string }>;
  /** Tells of each change of the view. */
  onChange(listener: () => void): { dispose(): void };
  /** Ends the process. */
  dispose(): Promise<void>;
}
