import * as z from 'zod';
import { ErrorInfo } from './errors.ts';
import { request } from './method.ts';
import { NoParams, Slug } from './shapes.ts';

/** A policy that an agent can be given, or the reason why not. */
export const PolicySummary = z.object({
  /** The file's name without `.yaml`. */
  name: z.string(),
  /** `shipped` came with Logos; `own` is a person's, and stands in for a shipped one of its name. */
  origin: z.enum(['shipped', 'own']),
  /** A new agent gets it when nothing else is said. */
  isDefault: z.boolean(),
  /** What the comment at the top of the file says, on one line. */
  description: z.string().optional(),
  /** What it allows, in plain words made from its rules. */
  words: z.string().optional(),
  /** sha-256 of the file's text, lower-case hex: the same text has the same hash wherever it lies. */
  hash: z.string().optional(),
  /** Why no agent can have it: it does not parse, or this host cannot enforce it. */
  error: ErrorInfo.optional(),
});
export type PolicySummary = z.infer<typeof PolicySummary>;

/** One thing that a policy allows: in plain words, and by the line of its file (from 1) that says so. */
export const PolicyRule = z.object({ section: z.enum(['files', 'network', 'process']), words: z.string(), line: z.int().positive(), text: z.string() });
export type PolicyRule = z.infer<typeof PolicyRule>;

/** A policy read in full. What no rule names is blocked. */
export const PolicyExplanation = z.object({ name: z.string(), words: z.string(), hash: z.string(), rules: z.array(PolicyRule) });
export type PolicyExplanation = z.infer<typeof PolicyExplanation>;

/** The methods about policies. */
export const policies = {
  list: request({ summary: 'Lists the policies of a person and those that came with Logos, by name; one that cannot be used carries its error.', params: NoParams, result: z.object({ items: z.array(PolicySummary) }), isIdempotent: true, isOpenToWebviews: false }),
  explain: request({
    summary: 'Reads a policy anew and says rule by rule what it allows, with the line of its file.',
    params: z.strictObject({ name: Slug }),
    result: PolicyExplanation,
    errors: ['policy_invalid'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
};
