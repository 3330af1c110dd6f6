import * as z from 'zod';
import { request } from './method.ts';
import { AtMs, Id, Page, pageOf } from './shapes.ts';
import { ErrorInfo } from './errors.ts';
import { TurnOutcome, Usage } from './messages.ts';

/** A sha-256, as lower-case hex, over the canonical JSON of what it stands beside. */
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A whole STAMP frozen for one run: what the agent was at that moment, each part with the hash of its content. */
export const Stamp = z.object({
  agent: z.object({ id: Id, name: z.string() }),
  soul: z.object({ slug: z.string(), version: z.string(), text: z.string(), hash: Hash }),
  toolset: z.object({ tools: z.array(z.string()), hash: Hash }),
  runtime: z.object({ name: z.string(), build: z.string(), hash: Hash }),
  model: z.object({
    serverId: z.string(),
    serverName: z.string(),
    baseUrl: z.string(),
    name: z.string(),
    contextTokens: z.int().positive(),
    supportsTools: z.boolean(),
    isTiny: z.boolean(),
    params: z.record(z.string(), z.unknown()),
    hash: Hash,
  }),
  policy: z.object({ name: z.string(), text: z.string(), words: z.string(), hash: Hash }),
  hash: Hash,
});
export type Stamp = z.infer<typeof Stamp>;

/** One dispatch of a task: its frozen STAMP and how it ended. */
export const Run = z.object({
  id: Id,
  sessionId: Id,
  turnId: Id,
  agentId: Id,
  attempt: z.int().positive(),
  stamp: Stamp,
  startedAt: AtMs,
  endedAt: AtMs.optional(),
  outcome: TurnOutcome.optional(),
  error: ErrorInfo.optional(),
  usage: Usage.optional(),
  /** How the process ended, such as `exit 0` or `SIGKILL`. */
  exitReason: z.string().optional(),
});
export type Run = z.infer<typeof Run>;

/** The methods about runs. */
export const runs = {
  list: request({
    summary: 'Lists runs, the newest first, without the texts of their STAMP.',
    params: z.strictObject({ sessionId: Id.optional(), agentId: Id.optional(), ...Page }),
    result: pageOf(Run.omit({ stamp: true }).extend({ stampHash: Hash })),
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  get: request({ summary: 'Gives one run whole.', params: z.strictObject({ runId: Id }), result: Run, errors: ['not_found'], isIdempotent: true, isOpenToWebviews: false }),
};
