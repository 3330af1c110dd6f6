import * as z from 'zod';
import { Kept, Members } from './kept.ts';
import { isNestedWithin } from './nesting.ts';

/** The version of the wire between gateway and worker. */
export const workerProtocolVersion = 1;

/** Largest frame on a worker's stdout, newline included. */
export const maxFrameBytes = 1_048_576;

/** An earlier tool call of an assistant message and what it returned; `kept` is what its server wants back with it. The id is empty where another server gave it: the worker makes one. */
const HistoryToolCall = z.object({ callId: z.string(), tool: z.string(), args: z.record(z.string(), z.unknown()), result: z.string(), kept: Members.optional() });

/** One earlier message, oldest first. */
export const HistoryMessage = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), text: z.string() }),
  z.object({ role: z.literal('assistant'), text: z.string(), toolCalls: z.array(HistoryToolCall), kept: Members.optional() }),
]);
export type HistoryMessage = z.infer<typeof HistoryMessage>;

/** The task: one JSON line on the worker's stdin. No credential is in it: the way to the model is the credential. */
export const Task = z.object({
  v: z.literal(workerProtocolVersion),
  taskId: z.string(),
  attempt: z.int().positive(),
  /** Whether stdin stays open after the line; while open, its end means cancel. */
  stdin: z.enum(['open', 'closed']),
  agent: z.object({ name: z.string() }),
  /** The persona's text, whole. */
  soul: z.string(),
  history: z.array(HistoryMessage),
  message: z.string(),
  /** What an interrupted attempt has done so far: its steps with calls, behind the message. */
  steps: z.array(HistoryMessage).optional(),
  /** The text so far of an interrupted attempt, behind its steps, to go on from. */
  partial: z.string().optional(),
  model: z.object({
    /** Always `http://inference.local/v1`; the bytes go to `socketPath`. */
    baseUrl: z.string(),
    /** Unix socket inside the sandbox that serves `baseUrl`; absent where the engine routes the name itself. */
    socketPath: z.string().optional(),
    name: z.string(),
    /** `prefilled`: the model's chat template opens the think tag itself, so its text starts in reasoning; absent means `auto`. */
    think: z.enum(['auto', 'prefilled']).optional(),
    params: z.record(z.string(), z.unknown()),
    contextTokens: z.int().positive(),
  }),
  /** Names of the tools that the worker may offer to the model; empty means none. */
  tools: z.array(z.string()),
  workspace: z.object({ path: z.string(), access: z.enum(['read', 'write']) }),
  limits: z.object({ iterations: z.int().positive(), wallMs: z.int().positive().optional(), toolMs: z.int().positive(), outputBytes: z.int().positive() }),
  /** Wall clock of the gateway, ms since 1970. */
  now: z.int(),
  /** IANA name. */
  timezone: z.string(),
});
export type Task = z.infer<typeof Task>;

const text = z.string();
const callId = z.string().min(1).max(200);

/** Arguments of a tool go on to other threads and programs, whose stacks a deep value would break. */
const maxArgsDepth = 64;
const args = z.record(z.string(), z.unknown()).refine((value) => isNestedWithin(value, maxArgsDepth), `nested deeper than ${maxArgsDepth}`);

/** One line of a worker's stdout; an unknown `frame` is logged and ignored. */
export const Frame = z.discriminatedUnion('frame', [
  z.object({ frame: z.literal('ready'), v: z.int(), runtime: z.string().max(100), version: z.string().max(100) }),
  z.object({ frame: z.literal('accepted'), taskId: z.string().max(200) }),
  z.object({ frame: z.literal('status'), phase: z.enum(['model_loading', 'prompt', 'thinking', 'answering', 'tool', 'waiting']), text: text.max(2000).optional() }),
  z.object({ frame: z.literal('text'), text }),
  z.object({ frame: z.literal('thinking'), text }),
  z.object({ frame: z.literal('tool_start'), callId, parentCallId: callId.optional(), tool: z.string().max(100), title: z.string().max(2000), args, kept: Kept.optional() }),
  z.object({ frame: z.literal('tool_output'), callId, text }),
  z.object({
    frame: z.literal('tool_end'),
    callId,
    state: z.enum(['done', 'failed', 'stopped', 'timed_out', 'denied']),
    durationMs: z.number().nonnegative(),
    /** What the model is given, already cut to the limit. */
    output: text,
    /** Facts for the row, such as `exit 1`. */
    result: z.string().max(500).optional(),
    truncatedBytes: z.int().nonnegative().optional(),
    error: z.string().max(2000).optional(),
  }),
  z.object({ frame: z.literal('notice'), text: text.min(1).max(1000) }),
  z.object({ frame: z.literal('log'), level: z.enum(['debug', 'info', 'warn', 'error']), text }),
  z.object({ frame: z.literal('result'), outcome: z.enum(['completed', 'iterations_spent']), text, iterations: z.int().nonnegative(), fromReasoning: z.boolean().optional() }),
  z.object({ frame: z.literal('error'), class: z.string().max(100), message: z.string().max(4000), hint: z.string().max(2000) }),
]);
export type Frame = z.infer<typeof Frame>;

/** The kinds of frame that end a task. */
export const isFinalFrame = (frame: Frame): frame is Extract<Frame, { frame: 'result' | 'error' }> => frame.frame === 'result' || frame.frame === 'error';
