import * as z from 'zod';
import { ErrorInfo } from './errors.ts';
import { request } from './method.ts';
import { NoParams } from './shapes.ts';

/** A persona: a folder with `soul.manifest.yaml` and `soul.md`. */
export const Soul = z.object({
  slug: z.string(),
  name: z.string(),
  /** One sentence: what an agent with this soul is for. */
  summary: z.string(),
  category: z.string(),
  status: z.enum(['stable', 'experimental', 'deprecated']),
  version: z.string(),
  /** Toolset rules of the soul: tools that are always in, in by default, allowed, never allowed. */
  toolsets: z.object({ enforced: z.array(z.string()), defaultEnabled: z.array(z.string()), optional: z.array(z.string()), forbidden: z.array(z.string()) }),
});
export type Soul = z.infer<typeof Soul>;

/** Something in a folder of souls that stands for a slug and cannot be used; it never gives way to a soul of that slug that came with Logos. */
export const BrokenSoul = z.object({ slug: z.string(), error: ErrorInfo });
export type BrokenSoul = z.infer<typeof BrokenSoul>;

/** The methods about souls. */
export const souls = {
  list: request({
    summary: 'Lists the souls that agents can have, by name, and beside them what stands for a soul and cannot be used, with the reason.',
    params: NoParams,
    result: z.object({ items: z.array(Soul), broken: z.array(BrokenSoul) }),
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
};
