import * as z from 'zod';
import { isNestedWithin } from './nesting.ts';

/** Members that a server put beside those that the wire defines, by name. Deep values would break the stacks of those who write them out. */
export const Members = z.record(z.string().max(64), z.unknown()).refine((value) => isNestedWithin(value, 64), 'nested deeper than 64');
export type Members = Readonly<Record<string, unknown>>;

/** What a model server wants back with a call, as it sent it: members of the message, told with its first call, and of the call itself. */
export const Kept = z.object({
  /** The step of the answer that the call belongs to, from 1: calls of one step came in one message. */
  step: z.int().positive(),
  message: Members.optional(),
  call: Members.optional(),
});
export type Kept = z.infer<typeof Kept>;
