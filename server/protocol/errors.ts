import * as z from 'zod';
import { errorClasses } from './errorClasses.ts';

/** The stable name of a kind of error. */
export type ErrorClass = keyof typeof errorClasses;

/** Schema of an error class; a client treats one that it does not know as `internal`. */
export const ErrorClass = z.enum(Object.keys(errorClasses) as [ErrorClass, ...ErrorClass[]]);

/** An error as stored in turns and shown to people: what happened, why, and the next step. */
export const ErrorInfo = z.object({
  class: ErrorClass,
  /** One sentence: what happened. */
  message: z.string(),
  /** Stable machine-readable cause within the class, such as `ECONNREFUSED` or `oom`. */
  cause: z.string(),
  /** One sentence: the next step. */
  hint: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type ErrorInfo = z.infer<typeof ErrorInfo>;

/** The `data` member of a JSON-RPC error. */
export const WireErrorData = ErrorInfo.omit({ message: true });
export type WireErrorData = z.infer<typeof WireErrorData>;
