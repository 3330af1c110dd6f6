import * as z from 'zod';
import { event, request } from './method.ts';
import { AtMs, Bytes, Id, NoParams } from './shapes.ts';
import { ErrorInfo } from './errors.ts';
import { Agent } from './agents.ts';
import { ModelServer } from './models.ts';
import { Sandbox } from './sandboxes.ts';
import { Session } from './sessions.ts';

/** The gateway as a process. */
export const GatewayStatus = z.object({
  pid: z.int().positive(),
  startId: Id,
  startedAt: AtMs,
  version: z.string(),
  build: z.string(),
  protocol: z.int(),
  home: z.string(),
  logPath: z.string(),
  /** The Node that runs the gateway and the one that runs workers. */
  node: z.object({ version: z.string(), path: z.string(), workerPath: z.string() }),
  runningTurns: z.int().nonnegative(),
  queuedTurns: z.int().nonnegative(),
  /** Tasks that run, and turns that wait for one of the places for them; `most` is the limit `tasks`. */
  tasks: z.object({ running: z.int().nonnegative(), waiting: z.int().nonnegative(), most: z.int().nonnegative() }),
  connections: z.int().nonnegative(),
  memoryBytes: Bytes,
  /** `notice` says what a person should know of a store that works, such as that the database was made anew. */
  store: z.object({ state: z.enum(['ok', 'failed']), error: ErrorInfo.optional(), notice: z.string().optional() }),
});
export type GatewayStatus = z.infer<typeof GatewayStatus>;

/** What can be watched beside sessions. */
export const Topic = z.enum(['agents', 'sandboxes', 'sessions', 'models']);
export type Topic = z.infer<typeof Topic>;

/** One change of one thing in a topic. */
export const TopicChange = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('agents'), id: Id, item: Agent.optional() }),
  z.object({ topic: z.literal('sandboxes'), id: Id, item: Sandbox.optional() }),
  z.object({ topic: z.literal('sessions'), id: Id, item: Session.optional() }),
  z.object({ topic: z.literal('models'), id: z.string(), item: ModelServer.optional() }),
]);
export type TopicChange = z.infer<typeof TopicChange>;

/** The lists that a subscription starts from, each with its revision; a topic that was not asked for is absent. */
export const TopicLists = z.object({
  startId: Id,
  agents: z.object({ revision: z.int(), items: z.array(Agent) }).optional(),
  sandboxes: z.object({ revision: z.int(), items: z.array(Sandbox) }).optional(),
  sessions: z.object({ revision: z.int(), items: z.array(Session) }).optional(),
  models: z.object({ revision: z.int(), items: z.array(ModelServer) }).optional(),
});
export type TopicLists = z.infer<typeof TopicLists>;

/** The methods and the event of the gateway itself. */
export const gateway = {
  status: request({ summary: 'Says what the gateway is and how it stands; answers even when the store is down.', params: NoParams, result: GatewayStatus, isIdempotent: true, isOpenToWebviews: true }),
  subscribe: request({
    summary: 'Subscribes to topics and answers with their lists; a gap in revisions or another startId means subscribe again. Sessions: the 200 most recent.',
    params: z.strictObject({ subscriptionId: Id, topics: z.array(Topic).min(1).max(4) }),
    result: TopicLists,
    errors: ['conflict', 'limit_exceeded'],
    isIdempotent: false,
    isOpenToWebviews: true,
  }),
  stop: request({
    summary: 'Ends the gateway: `idle` refuses with conflict while turns run, `now` interrupts them.',
    params: z.strictObject({ when: z.enum(['idle', 'now']) }),
    result: z.object({}),
    errors: ['conflict'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  event: event({ summary: 'A thing of a topic came, changed (`item`) or went (no `item`).', params: z.object({ subscriptionId: Id, startId: Id, revision: z.int(), change: TopicChange }) }),
};
