import * as z from 'zod';
import { AtMs, Bytes, DurationMs, Id } from './shapes.ts';
import { ErrorInfo } from './errors.ts';

/** How a tool call stands. */
export const ToolState = z.enum(['pending', 'running', 'done', 'failed', 'stopped', 'timed_out', 'denied']);
export type ToolState = z.infer<typeof ToolState>;

/** A piece of the answer. */
export const TextPart = z.object({ kind: z.literal('text'), partId: z.string(), text: z.string() });
/** A piece of the model's reasoning. */
export const ThinkingPart = z.object({ kind: z.literal('thinking'), partId: z.string(), text: z.string(), startedAt: AtMs, durationMs: DurationMs.optional() });
/** A tool call with its output: while it runs the first 64 KiB, then what the model was given, which the tool cut to its own limit (at most one frame). */
export const ToolPart = z.object({
  kind: z.literal('tool'),
  partId: z.string(),
  callId: z.string(),
  parentCallId: z.string().optional(),
  /** Name of the tool, such as `run_command`. */
  tool: z.string(),
  /** The object of the call in a few words: the command, the path, the pattern. */
  title: z.string(),
  args: z.record(z.string(), z.unknown()),
  state: ToolState,
  output: z.string(),
  startedAt: AtMs,
  durationMs: DurationMs.optional(),
  /** Facts for the row, such as `exit 1`, `9 hits`, `+4 -2`. */
  result: z.string().optional(),
  truncatedBytes: Bytes.optional(),
  error: z.string().optional(),
});
export type TextPart = z.infer<typeof TextPart>;
export type ThinkingPart = z.infer<typeof ThinkingPart>;
export type ToolPart = z.infer<typeof ToolPart>;

/** An ordered piece of a message. */
export const Part = z.discriminatedUnion('kind', [TextPart, ThinkingPart, ToolPart]);
export type Part = z.infer<typeof Part>;

/** Where a message came from. */
export const Origin = z.object({ kind: z.enum(['client', 'agent', 'channel']), name: z.string() });
export type Origin = z.infer<typeof Origin>;

/** One message of a conversation. */
export const Message = z.object({
  id: Id,
  role: z.enum(['user', 'assistant']),
  parts: z.array(Part),
  origin: Origin,
  createdAt: AtMs,
  /** The model sent only reasoning; it stands as the reply. */
  fromReasoning: z.boolean().optional(),
});
export type Message = z.infer<typeof Message>;

/** Tokens and times of a turn, measured by the gateway on its own path to the model. */
export const Usage = z.object({
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  reasoningTokens: z.int().nonnegative().optional(),
  cachedTokens: z.int().nonnegative().optional(),
  source: z.enum(['server', 'estimate']),
  firstThoughtMs: DurationMs.optional(),
  firstAnswerMs: DurationMs.optional(),
  tokensPerSecond: z.number().nonnegative().optional(),
  modelCalls: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

/** How an attempt ended: `iterations_spent` when its steps, model calls or tokens are. A client treats one that it does not know as `failed`. */
export const TurnOutcome = z.enum(['completed', 'stopped', 'failed', 'interrupted', 'iterations_spent']);
export type TurnOutcome = z.infer<typeof TurnOutcome>;

/** What a running turn is doing. */
export const TurnPhase = z.enum(['sandbox', 'model_loading', 'prompt', 'thinking', 'answering', 'tool', 'waiting']);
export type TurnPhase = z.infer<typeof TurnPhase>;

/** One try at answering a message: its own run and its own assistant message. */
export const Attempt = z.object({
  number: z.int().positive(),
  runId: Id.optional(),
  mode: z.enum(['first', 'retry', 'resume']),
  message: Message.optional(),
  startedAt: AtMs,
  endedAt: AtMs.optional(),
  outcome: TurnOutcome.optional(),
  error: ErrorInfo.optional(),
  usage: Usage.optional(),
});
export type Attempt = z.infer<typeof Attempt>;

/** One exchange: a person's message and the attempts at answering it, oldest first. */
export const Turn = z.object({
  id: Id,
  sessionId: Id,
  /** Place in the session, from 1, without gaps to rely on. */
  ordinal: z.int().positive(),
  state: z.enum(['queued', 'running', 'ended']),
  message: Message,
  attempts: z.array(Attempt),
  /** Present while running. */
  phase: TurnPhase.optional(),
  /** When the phase began. */
  phaseAt: AtMs.optional(),
  /** A sentence about the phase, such as `Loading qwen3:9b on Ollama`. */
  phaseText: z.string().optional(),
  /** Until when a `waiting` turn waits. */
  retryAt: AtMs.optional(),
  /** Stop was asked for and has not been carried out yet. */
  isStopping: z.boolean().optional(),
  /** Sentences the reader must know about the last attempt, such as how many older turns were left out for the context. */
  notices: z.array(z.string()).optional(),
  queuedAt: AtMs,
});
export type Turn = z.infer<typeof Turn>;
