import { defaultValues } from '../limits/limitTable.ts';
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

/** Those of all limits that a sandbox holds. */
export function sandboxLimitsOf(values: SandboxLimits): SandboxLimits {
  const { memoryBytes, processes, openFiles, fileBytes, workspaceBytes, toolMs, toolOutputBytes } = values;
  return { memoryBytes, processes, openFiles, fileBytes, workspaceBytes, toolMs, toolOutputBytes };
}

/** What a task may use while nothing else is set; none of these follows from the machine. */
export const defaultLimits: SandboxLimits = sandboxLimitsOf(defaultValues({ cores: 1, memoryBytes: 0, openFiles: undefined, processes: undefined }));

/** Limits with what holds each. */
export function limitsHeldBy(limits: SandboxLimits, holders: Readonly<Record<keyof SandboxLimits, SandboxLimit['enforcedBy']>>): SandboxLimit[] {
  return (Object.keys(limits) as (keyof SandboxLimits)[]).map((name) => ({ name, value: limits[name], enforcedBy: holders[name] }));
}
