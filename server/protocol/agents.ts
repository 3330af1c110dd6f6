import * as z from 'zod';
import { request } from './method.ts';
import { AtMs, Done, Id, Label, Page, Revision, Slug, pageOf } from './shapes.ts';
import { ErrorInfo } from './errors.ts';

/** Which model an agent asks for: `auto` is the first that answers, else the embedded one. */
export const ModelChoice = z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('auto') }), z.strictObject({ kind: z.literal('model'), serverId: z.string().min(1).max(100), name: z.string().min(1).max(300) })]);
export type ModelChoice = z.infer<typeof ModelChoice>;

/** The state of an agent, as its row shows it. */
export const AgentState = z.enum(['ready', 'no_sandbox', 'starting', 'working', 'needs_you', 'failed', 'interrupted']);
export type AgentState = z.infer<typeof AgentState>;

/** The name of a tool in a toolset. */
export const ToolName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/);

/** An agent: a named STAMP. */
export const Agent = z.object({
  id: Id,
  name: z.string(),
  soul: z.object({ slug: z.string(), name: z.string(), summary: z.string() }),
  tools: z.array(z.string()),
  runtime: z.string(),
  model: ModelChoice,
  /** The route that the choice resolves to at present; absent while none is known. */
  route: z.object({ serverId: z.string(), serverName: z.string(), model: z.string(), address: z.string(), isTiny: z.boolean(), supportsTools: z.boolean() }).optional(),
  /** The policy's name and what it allows in plain words. */
  policy: z.object({ name: z.string(), words: z.string() }),
  state: AgentState,
  /** What `working` means at present, such as `Thinking`. */
  stateWord: z.string().optional(),
  lastError: ErrorInfo.optional(),
  /** How many sessions it has, and how many of it were deleted and can be restored. */
  sessionCount: z.int().nonnegative(),
  deletedSessionCount: z.int().nonnegative(),
  revision: Revision,
  createdAt: AtMs,
});
export type Agent = z.infer<typeof Agent>;

const changeable = {
  name: Label.max(80),
  soul: Slug,
  tools: z.array(ToolName).max(64),
  model: ModelChoice,
  policy: Slug,
};

/** The methods about agents. */
export const agents = {
  list: request({ summary: 'Lists agents by name.', params: z.strictObject({ ...Page }), result: pageOf(Agent), isIdempotent: true, isOpenToWebviews: true }),
  get: request({ summary: 'Gives one agent.', params: z.strictObject({ agentId: Id }), result: Agent, errors: ['not_found'], isIdempotent: true, isOpenToWebviews: true }),
  create: request({
    summary: 'Creates an agent; what is left out comes from the soul and the defaults.',
    params: z.strictObject({ agentId: Id, name: changeable.name, soul: changeable.soul, tools: changeable.tools.optional(), model: changeable.model.optional(), policy: changeable.policy.optional() }),
    result: Agent,
    errors: ['conflict', 'not_found', 'policy_invalid', 'policy_unenforceable', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  update: request({
    summary: 'Changes an agent; takes effect with the next turn.',
    params: z.strictObject({ agentId: Id, revision: Revision, name: changeable.name.optional(), soul: changeable.soul.optional(), tools: changeable.tools.optional(), model: changeable.model.optional(), policy: changeable.policy.optional() }),
    result: Agent,
    errors: ['conflict', 'not_found', 'policy_invalid', 'policy_unenforceable', 'storage_full'],
    isIdempotent: false,
    isOpenToWebviews: false,
  }),
  delete: request({
    summary: 'Deletes an agent for good: its turns are stopped, its sandbox and home are removed, its sessions are erased as `sessions/erase` does it, deleted ones too.',
    params: z.strictObject({ agentId: Id }),
    result: Done,
    errors: ['not_found', 'conflict', 'storage_full', 'storage_locked'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
};
