import * as z from 'zod';
import { request } from './method.ts';
import { NoParams } from './shapes.ts';
import { SandboxLimit } from './sandboxes.ts';

/** The name of a limit that can be set. */
export const LimitName = z.enum([...SandboxLimit.shape.name.options, 'tasks', 'modelCalls', 'turnTokens', 'iterations']);
export type LimitName = z.infer<typeof LimitName>;

/** One limit as it stands. It counts from the next task on; what runs keeps the limits that it began with. */
export const Limit = z.object({
  name: LimitName,
  /** What a person calls it, such as `Memory of a task`. */
  label: z.string(),
  value: z.int().positive(),
  /** What counts while nothing else is set; some follow from this machine. */
  default: z.int().positive(),
  unit: z.enum(['bytes', 'ms', 'count']),
  /** What it may be set to, both included. */
  least: z.int().positive(),
  most: z.int().positive(),
  /** One sentence: what it is. */
  summary: z.string(),
  /** What holds it; for a limit of the sandbox absent until a sandbox was probed. */
  enforcedBy: z.enum([...SandboxLimit.shape.enforcedBy.options, 'gateway']).optional(),
});
export type Limit = z.infer<typeof Limit>;

/** The methods about limits. */
export const limits = {
  list: request({
    summary: 'Lists every limit that can be set, with its value.',
    params: NoParams,
    result: z.object({ items: z.array(Limit) }),
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  set: request({
    summary: 'Sets a limit for every task that begins from here on; null gives it back its default.',
    params: z.strictObject({ name: LimitName, value: z.int().positive().nullable() }),
    result: Limit,
    errors: ['storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
};
