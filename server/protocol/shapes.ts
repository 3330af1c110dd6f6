import * as z from 'zod';
import { maxMessageChars } from './messageLimit.ts';

/** A UUIDv7 (any UUID is accepted from clients), lower case. */
export const Id = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'a lower-case UUID');
/** Milliseconds since 1970. */
export const AtMs = z.int().nonnegative();
/** A duration in milliseconds. */
export const DurationMs = z.number().nonnegative();
/** A count of bytes. */
export const Bytes = z.int().nonnegative();
/** Sequence number of an event within a session: grows, never reused, 0 before the first. */
export const Seq = z.int().nonnegative();
/** A revision of an updatable thing; an update carries the one it saw. */
export const Revision = z.int().positive();
/** The name of a soul or of a policy, which is the name of its folder or file too. */
export const Slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
/** A short text that people see in lists: 1 to 200 characters, not blank, no control or bidirectional override characters. */
export const Label = z.string().min(1).max(200).regex(/^(?=.*\S)[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u, 'not blank, and no control characters');
/** The text of a message: 1 byte to 1 MiB of characters, not blank. */
export const MessageText = z.string().min(1).max(maxMessageChars).regex(/\S/, 'not blank');
/** Params of a method that needs none. */
export const NoParams = z.strictObject({});
/** Result of a method that says only "done". */
export const Done = z.object({});
/** Asks for one page of a list. */
export const Page = { limit: z.int().min(1).max(500).optional(), cursor: z.string().max(400).optional() };
/** One page of a list in the order that the method states. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });
