import type { SandboxLimit } from '../protocol/sandboxes.ts';

/** What a task may use; the engine says for each what holds it. */
export interface SandboxLimits {
  /** Of all processes of a task together. */
  readonly memoryBytes: number;
  /** Processes and threads of a task together. */
  readonly processes: number;
  readonly openFiles: number;
  /** Of one file. */
  readonly fileBytes: number;
  /** Of the agent's home. */
  readonly workspaceBytes: number;
  readonly toolMs: number;
  readonly toolOutputBytes: number;
}

const mebibyte = 1_048_576;

/** The limits of an agent that has none of its own. */
export const defaultLimits: SandboxLimits = {
  memoryBytes: 2048 * mebibyte,
  processes: 256,
  openFiles: 1024,
  fileBytes: 1024 * mebibyte,
  workspaceBytes: 5120 * mebibyte,
  toolMs: 120_000,
  toolOutputBytes: 65_536,
};

/** Limits with what holds each. */
export function limitsHeldBy(limits: SandboxLimits, holders: Readonly<Record<keyof SandboxLimits, SandboxLimit['enforcedBy']>>): SandboxLimit[] {
  return (Object.keys(limits) as (keyof SandboxLimits)[]).map((name) => ({ name, value: limits[name], enforcedBy: holders[name] }));
}
