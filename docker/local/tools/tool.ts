import type { Frame } from '../../../server/protocol/worker.ts';
import type { SeenFiles } from '../files/seenFiles.ts';
import type { Parameters, ToolArguments } from './toolArguments.ts';

/** How a tool call can end. */
export type ToolEndState = Extract<Frame, { frame: 'tool_end' }>['state'];

/** What a tool may use while it runs. */
export interface ToolContext {
  /** Absolute path of the workspace; relative paths start there. */
  readonly workspacePath: string;
  readonly outputBytes: number;
  /** What a command inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts when the call's time is over or the task is cancelled; the reason tells which. */
  readonly signal: AbortSignal;
  /** The files that the task has read or written. */
  readonly seen: SeenFiles;
  /** The whole text of a file as the agent knows it from the session's earlier turns, by its real path; undefined when it does not. */
  readonly earlierTextOf: (file: string) => Promise<string | undefined>;
  /** Hands on output while the tool runs; a promise asks to wait. */
  onOutput(text: string): Promise<void> | undefined;
}

/** What a tool call gave. */
export interface ToolOutcome {
  readonly state: ToolEndState;
  /** What the model is given. */
  readonly output: string;
  /** Facts for the row, such as `exit 1`. */
  readonly result?: string;
  readonly truncatedBytes?: number;
}

/** A tool that a model can call. */
export interface Tool {
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  readonly parameters: Parameters;
  /** Changes nothing, so that several may run at once. */
  readonly isReadOnly: boolean;
  /** Cannot run where the workspace is read-only. */
  readonly needsWriting: boolean;
  /** The object of the call in a few words. */
  title(args: ToolArguments): string;
  /** Throws a ToolFailure with a sentence for the model. */
  run(args: ToolArguments, context: ToolContext): Promise<ToolOutcome>;
}

/** A failure that the model is told, and that does not end the task. */
export class ToolFailure extends Error {}

/** Why a tool call's signal aborted. */
export type ToolAbortReason = 'timed_out' | 'cancelled';
