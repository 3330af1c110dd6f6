import * as z from 'zod';
import { request } from './method.ts';
import { AtMs, DurationMs, Id, NoParams, Page, pageOf } from './shapes.ts';
import { ErrorInfo } from './errors.ts';

/** The engines that can hold a sandbox. */
export const EngineName = z.enum(['bubblewrap']);
export type EngineName = z.infer<typeof EngineName>;

/** Where a sandbox is in its life. */
export const SandboxPhase = z.enum(['absent', 'starting', 'ready', 'failed']);
export type SandboxPhase = z.infer<typeof SandboxPhase>;

/** A limit of a sandbox and what holds it. */
export const SandboxLimit = z.object({ name: z.enum(['memoryBytes', 'processes', 'openFiles', 'fileBytes', 'workspaceBytes', 'toolMs', 'toolOutputBytes']), value: z.number(), enforcedBy: z.enum(['cgroup', 'rlimit', 'watchdog', 'worker']) });
export type SandboxLimit = z.infer<typeof SandboxLimit>;

/** One agent's sandbox and its health. `isChatReady` is `reachable && apiHealthy`, computed by the gateway alone. */
export const Sandbox = z.object({
  agentId: Id,
  /** The sanitised label, `logos-<name>`. */
  label: z.string(),
  engine: EngineName,
  phase: SandboxPhase,
  reachable: z.boolean(),
  apiHealthy: z.boolean(),
  isChatReady: z.boolean(),
  apiLatencyMs: DurationMs.optional(),
  lastProbeAt: AtMs.optional(),
  /** Version of the engine's program, such as `bubblewrap 0.8.0`. */
  apiVersion: z.string().optional(),
  runningTasks: z.int().nonnegative(),
  limits: z.array(SandboxLimit),
  error: ErrorInfo.optional(),
});
export type Sandbox = z.infer<typeof Sandbox>;

/** What a look at the engine of this host saw: its version with the limits that it holds, or why it cannot hold a sandbox. */
export const EngineCheck = z.object({ engine: EngineName, version: z.string().optional(), latencyMs: DurationMs.optional(), limits: z.array(SandboxLimit), error: ErrorInfo.optional() });
export type EngineCheck = z.infer<typeof EngineCheck>;

/** The methods about sandboxes. */
export const sandboxes = {
  list: request({ summary: 'Lists sandboxes by the name of their agent.', params: z.strictObject({ ...Page }), result: pageOf(Sandbox), isIdempotent: true, isOpenToWebviews: true }),
  get: request({ summary: 'Gives the sandbox of one agent.', params: z.strictObject({ agentId: Id }), result: Sandbox, errors: ['not_found'], isIdempotent: true, isOpenToWebviews: true }),
  home: request({
    summary: 'Says where on this host the files of an agent lie: the folder that is the workspace of its sandbox. Who may read it, the host decides.',
    params: z.strictObject({ agentId: Id }),
    /** No paths before the sandbox was made for the first time. `insidePath` is the folder as the agent names it. */
    result: z.object({ path: z.string().optional(), insidePath: z.string().optional() }),
    errors: ['not_found', 'sandbox_unavailable'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  check: request({
    summary: 'Looks whether the engine of this host can hold a sandbox at present, and what it needs if not. Starts no sandbox.',
    params: NoParams,
    result: EngineCheck,
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  start: request({
    summary: 'Provisions the sandbox of an agent and probes it; answers at once with its phase, and events tell the rest.',
    params: z.strictObject({ agentId: Id }),
    result: Sandbox,
    errors: ['not_found'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  reset: request({
    summary: 'Stops the tasks of a sandbox, deletes its home with all files in it, and makes it anew.',
    params: z.strictObject({ agentId: Id }),
    result: Sandbox,
    errors: ['not_found', 'sandbox_unsupported'],
    isIdempotent: false,
    isOpenToWebviews: false,
  }),
};
