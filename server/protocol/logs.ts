import * as z from 'zod';
import { event, request } from './method.ts';
import { AtMs, Id } from './shapes.ts';

/** Levels, the most severe last. */
export const LogLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error']);
export type LogLevel = z.infer<typeof LogLevel>;

/** The closed set of what may write to the log. */
export const LogSource = z.enum(['gateway', 'rpc', 'store', 'exec', 'sandbox', 'worker', 'egress', 'inference', 'policy']);
export type LogSource = z.infer<typeof LogSource>;

/** One line of the one structured log; secrets are redacted before it exists. */
export const LogEntry = z.object({ at: AtMs, level: LogLevel, source: LogSource, text: z.string(), agentId: Id.optional(), sessionId: Id.optional(), runId: Id.optional(), data: z.record(z.string(), z.unknown()).optional() });
export type LogEntry = z.infer<typeof LogEntry>;

const filter = { level: LogLevel.optional(), sources: z.array(LogSource).max(20).optional() };

/** The methods and the event of the log. */
export const logs = {
  tail: request({ summary: 'Gives the last lines of the log, oldest first.', params: z.strictObject({ limit: z.int().min(1).max(2000).optional(), ...filter }), result: z.object({ items: z.array(LogEntry), path: z.string() }), isIdempotent: true, isOpenToWebviews: false }),
  subscribe: request({ summary: 'Subscribes to new lines of the log.', params: z.strictObject({ subscriptionId: Id, ...filter }), result: z.object({}), errors: ['conflict', 'limit_exceeded'], isIdempotent: false, isOpenToWebviews: false }),
  entry: event({ summary: 'A line was written to the log.', params: z.object({ subscriptionId: Id, entry: LogEntry }) }),
};
