import * as z from 'zod';
import { event, request } from './method.ts';
import { AtMs, DurationMs, Done, Id, Label, Page, Revision, Seq, Bytes, pageOf } from './shapes.ts';
import { ErrorInfo } from './errors.ts';
import { Message, ToolState, Turn, TurnOutcome, TurnPhase, Usage } from './messages.ts';

/** A conversation with one agent. */
export const Session = z.object({
  id: Id,
  agentId: Id,
  title: z.string(),
  createdAt: AtMs,
  /** Later than at any change of any session before, so that lists keep their order when the wall clock was set back. */
  updatedAt: AtMs,
  headTurnId: Id.optional(),
  messageCount: z.int().nonnegative(),
  state: z.enum(['idle', 'working', 'failed', 'interrupted']),
  /** After `stopped` or `failed` the queue holds until `chat/sendQueued`. */
  isQueueHeld: z.boolean(),
  revision: Revision,
  deletedAt: AtMs.optional(),
});
export type Session = z.infer<typeof Session>;

/** What a view needs to draw a session: the last page of turns, the queue in order, and the seq that both stand at. */
export const SessionSnapshot = z.object({
  session: Session,
  /** Oldest first; queued turns are not among them. */
  turns: z.array(Turn),
  /** Turns that wait, in the order they will run. */
  queue: z.array(Turn),
  seq: Seq,
  hasOlderTurns: z.boolean(),
});
export type SessionSnapshot = z.infer<typeof SessionSnapshot>;

/** What happened in a session; an unknown kind is to be ignored. */
export const SessionEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('message.removed'), messageId: Id }),
  z.object({ kind: z.literal('turn.queued'), turn: Turn }),
  z.object({ kind: z.literal('turn.edited'), message: Message }),
  z.object({ kind: z.literal('turn.started'), runId: Id.optional(), attempt: z.int().positive(), mode: z.enum(['first', 'retry', 'resume']), messageId: Id }),
  z.object({ kind: z.literal('turn.status'), phase: TurnPhase, text: z.string().optional(), retryAt: AtMs.optional(), notice: z.string().optional(), isStopping: z.boolean().optional() }),
  z.object({ kind: z.literal('part.delta'), messageId: Id, partId: z.string(), part: z.enum(['text', 'thinking']), offset: z.int().nonnegative(), text: z.string() }),
  z.object({ kind: z.literal('tool.started'), messageId: Id, partId: z.string(), callId: z.string(), parentCallId: z.string().optional(), tool: z.string(), title: z.string(), args: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('tool.output'), messageId: Id, partId: z.string(), offset: z.int().nonnegative(), text: z.string() }),
  z.object({ kind: z.literal('tool.ended'), messageId: Id, partId: z.string(), state: ToolState, durationMs: DurationMs, result: z.string().optional(), truncatedBytes: Bytes.optional(), error: z.string().optional() }),
  z.object({ kind: z.literal('usage'), usage: Usage }),
  z.object({ kind: z.literal('message.completed'), message: Message }),
  z.object({ kind: z.literal('turn.ended'), outcome: TurnOutcome, error: ErrorInfo.optional() }),
  z.object({ kind: z.literal('session.changed'), session: Session }),
]);
export type SessionEvent = z.infer<typeof SessionEvent>;

/** An event with its place: `prev` is the seq delivered before it on this subscription, so that a gap is seen. */
export const SessionEventParams = z.object({ subscriptionId: Id, sessionId: Id, seq: Seq, prev: Seq, at: AtMs, turnId: Id.optional(), event: SessionEvent });
export type SessionEventParams = z.infer<typeof SessionEventParams>;

/** The methods and events of sessions. */
export const sessions = {
  list: request({
    summary: 'Lists sessions, the most recently changed first: those that are not deleted, with `includeDeleted` all, with `onlyDeleted` those that can be restored.',
    params: z.strictObject({ agentId: Id.optional(), includeDeleted: z.boolean().optional(), onlyDeleted: z.boolean().optional(), ...Page }),
    result: pageOf(Session),
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  get: request({ summary: 'Gives one session.', params: z.strictObject({ sessionId: Id }), result: Session, errors: ['not_found'], isIdempotent: true, isOpenToWebviews: true }),
  create: request({
    summary: 'Creates a session with an id of the client, and begins to provision the sandbox of its agent.',
    params: z.strictObject({ sessionId: Id, agentId: Id, title: Label.optional() }),
    result: Session,
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  rename: request({
    summary: 'Gives a session another title.',
    params: z.strictObject({ sessionId: Id, title: Label, revision: Revision.optional() }),
    result: Session,
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  delete: request({
    summary: 'Deletes a session so that it can be restored: it leaves the lists, all of it is kept, and its id stays taken. A running turn is stopped.',
    params: z.strictObject({ sessionId: Id }),
    result: Done,
    errors: ['not_found', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  restore: request({
    summary: 'Brings a deleted session back into the lists; messages that waited in its queue wait for `chat/sendQueued`. `conflict` when its agent was deleted.',
    params: z.strictObject({ sessionId: Id }),
    result: Session,
    errors: ['not_found', 'conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  erase: request({
    summary:
      'Deletes a session for good, deleted before or not: its messages, events, runs and frozen STAMPs are overwritten in the files of the state directory when this answers, and only ids stay. A running turn is stopped. What the agent wrote into its home stays.',
    params: z.strictObject({ sessionId: Id }),
    result: Done,
    errors: ['not_found', 'conflict', 'storage_full', 'storage_locked'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  turns: request({
    summary: 'Gives turns before one, oldest first, to read back.',
    params: z.strictObject({ sessionId: Id, before: z.int().positive().optional(), limit: z.int().min(1).max(200).optional() }),
    result: z.object({ turns: z.array(Turn), hasOlderTurns: z.boolean() }),
    errors: ['not_found'],
    isIdempotent: true,
    isOpenToWebviews: true,
  }),
  subscribe: request({
    summary: 'Subscribes to the events of a session: resumes after a known seq, else answers with a snapshot. Opening a session provisions the sandbox of its agent; a deleted one can be read and provisions nothing.',
    params: z.strictObject({ subscriptionId: Id, sessionId: Id, after: Seq.optional() }),
    result: z.discriminatedUnion('resumed', [
      /** `at` is the gateway's present time. */
      z.object({ resumed: z.literal(true), at: AtMs }),
      z.object({ resumed: z.literal(false), at: AtMs, snapshot: SessionSnapshot }),
    ]),
    errors: ['not_found', 'conflict', 'limit_exceeded'],
    isIdempotent: false,
    isOpenToWebviews: true,
  }),
  event: event({ summary: 'Something happened in a subscribed session; stored before it is sent, numbered, each once.', params: SessionEventParams }),
  reset: event({ summary: 'This subscriber fell more than 16 MiB behind, or its session was deleted: subscribe again without `after`.', params: z.object({ subscriptionId: Id, sessionId: Id, reason: z.enum(['behind', 'deleted']) }) }),
};
