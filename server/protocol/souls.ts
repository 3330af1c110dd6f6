import * as z from 'zod';
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

/** The methods about souls. */
export const souls = {
  list: request({ summary: 'Lists the souls that agents can have, by name; a folder that does not parse is left out and logged.', params: NoParams, result: z.object({ items: z.array(Soul) }), isIdempotent: true, isOpenToWebviews: false }),
};
