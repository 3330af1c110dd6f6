import * as z from 'zod';
import { NetworkMiddlewares, NetworkPolicies } from './networkSchema.ts';

const maxPaths = 256;

const absolutePath = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^\//, 'path must be absolute')
  .refine((path) => !path.split('/').includes('..'), "path contains '..' traversal component")
  .refine((path) => !/[\p{Cc}]/u.test(path), 'path contains a control character')
  .refine((path) => !path.replace(/(.)\/$/, '$1').slice(1).split('/').some((part, _index, parts) => part === '.' || (part === '' && parts.length > 1)), "path contains an empty or '.' component");

const writablePath = absolutePath.refine((path) => path !== '/', 'read-write path is overly broad');

const FilesystemPolicy = z
  .strictObject({
    include_workdir: z.boolean().optional(),
    read_only: z.array(absolutePath).optional(),
    read_write: z.array(writablePath).optional(),
  })
  .refine((policy) => (policy.read_only?.length ?? 0) + (policy.read_write?.length ?? 0) <= maxPaths, `at most ${maxPaths} paths`);

const identity = z
  .union([z.literal('sandbox'), z.int().min(1).max(4_294_967_294), z.string().regex(/^[1-9][0-9]{0,9}$/).refine((id) => Number(id) <= 4_294_967_294)])
  .describe("'sandbox' or a numeric id from 1 to 4294967294, never root");

/** A policy file: OpenShell's YAML format, version 1. A field that is not here is refused, at every level. */
export const PolicyFile = z.strictObject({
  version: z.literal(1),
  filesystem_policy: FilesystemPolicy.optional(),
  landlock: z.strictObject({ compatibility: z.enum(['best_effort', 'hard_requirement']).optional() }).optional(),
  process: z.strictObject({ run_as_user: identity.optional(), run_as_group: identity.optional() }).optional(),
  network_policies: NetworkPolicies.optional(),
  network_middlewares: NetworkMiddlewares.optional(),
});
export type PolicyFile = z.infer<typeof PolicyFile>;
