import * as z from 'zod';
import { request } from './method.ts';
import { AtMs, Done, DurationMs, Label, NoParams } from './shapes.ts';
import { ErrorInfo } from './errors.ts';

/** What kind of program a model server is; all are spoken to by the OpenAI chat completions wire. */
export const ServerKind = z.enum(['lmstudio', 'ollama', 'llamacpp', 'vllm', 'openai_compatible', 'embedded']);
export type ServerKind = z.infer<typeof ServerKind>;

/** A model that a server offers. */
export const Model = z.object({ name: z.string(), contextTokens: z.int().positive().optional(), supportsTools: z.boolean(), isTiny: z.boolean() });
export type Model = z.infer<typeof Model>;

/** A model server and what its last probe saw. The key itself never crosses the wire outwards. */
export const ModelServer = z.object({
  id: z.string(),
  name: z.string(),
  kind: ServerKind,
  baseUrl: z.string(),
  hasKey: z.boolean(),
  isBuiltIn: z.boolean(),
  state: z.enum(['unknown', 'up', 'down', 'not_installed']),
  models: z.array(Model),
  lastProbeAt: AtMs.optional(),
  latencyMs: DurationMs.optional(),
  error: ErrorInfo.optional(),
});
export type ModelServer = z.infer<typeof ModelServer>;

const ServerId = z.string().min(1).max(100);
const ServerKey = z.string().max(4096).regex(/^[\x21-\x7e]+$/, 'A key is one word of plain characters; copy it again without spaces and line ends.');
/** The address of a model server: http or https, without a user or a key in it. */
const ServerAddress = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .regex(/^\s*[hH][tT][tT][pP][sS]?:\/\/[^\s/?#@\\]+(?:[/?#]|\s*$)/, 'Give an address that begins with http:// or https://, and a key as the key, not inside the address.');

/** The methods about model servers and their models. */
export const models = {
  servers: request({ summary: 'Lists the known model servers in the order in which they are tried, as last probed.', params: NoParams, result: z.object({ items: z.array(ModelServer) }), isIdempotent: true, isOpenToWebviews: false }),
  list: request({
    summary: 'Probes every server and lists what they offer, at most the first 2,000 models of each; a server that does not answer carries its error.',
    params: NoParams,
    result: z.object({ items: z.array(ModelServer) }),
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  add: request({
    summary: 'Adds a model server by its http or https address, without a user in it, with its key kept in a private file, and probes it. The same name and address again is the same server.',
    params: z.strictObject({ name: Label.max(80), baseUrl: ServerAddress, key: ServerKey.optional() }),
    result: ModelServer,
    errors: ['conflict', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  update: request({
    summary:
      'Gives a model server another name, address or key at once and probes it; a key of null is forgotten. What is left out stays, but a key stays only while the server stays on its host. Of the built-in servers only the key can be changed.',
    params: z.strictObject({ serverId: ServerId, name: Label.max(80).optional(), baseUrl: ServerAddress.optional(), key: ServerKey.nullable().optional() }),
    result: ModelServer,
    errors: ['conflict', 'not_found', 'forbidden', 'storage_full'],
    isIdempotent: true,
    isOpenToWebviews: false,
  }),
  remove: request({ summary: 'Removes a server that was added, with its key; removing twice is once.', params: z.strictObject({ serverId: ServerId }), result: Done, errors: ['not_found', 'forbidden'], isIdempotent: true, isOpenToWebviews: false }),
};
