import * as z from 'zod';

const text = z.string().min(1).max(4096);
const httpPath = text.regex(/^\//, 'a path that starts with /');
const hostPattern = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const Matcher = z.union([text, z.strictObject({ any: z.array(text).min(1).max(64) })]);

const Match = z.strictObject({
  method: z.string().regex(/^([A-Z]+|\*)$/, 'an HTTP method in capitals, or *').optional(),
  path: text.optional(),
  query: z.record(z.string(), Matcher).optional(),
  command: text.optional(),
  operation_type: text.optional(),
  operation_name: text.optional(),
  fields: z.array(text).max(64).optional(),
  tool: text.optional(),
  params: z.record(z.string(), Matcher).optional(),
});

const BodyLimit = z.strictObject({ max_body_bytes: z.int().positive().optional() });

const Endpoint = z
  .strictObject({
    host: z.string().max(253).regex(hostPattern, 'a host name in lower case, or *.name').optional(),
    port: z.int().min(1).max(65535).optional(),
    ports: z.array(z.int().min(1).max(65535)).min(1).max(64).optional(),
    path: httpPath.optional(),
    protocol: z.enum(['tcp', 'rest', 'websocket', 'graphql', 'sql', 'json-rpc', 'mcp']).optional(),
    tls: z.enum(['skip']).optional(),
    enforcement: z.enum(['enforce', 'audit']).optional(),
    access: z.enum(['read-only', 'read-write', 'full']).optional(),
    rules: z.array(z.strictObject({ allow: Match })).min(1).max(256).optional(),
    deny_rules: z.array(Match).min(1).max(256).optional(),
    allowed_ips: z.array(text).min(1).max(64).optional(),
    allow_encoded_slash: z.boolean().optional(),
    websocket_credential_rewrite: z.boolean().optional(),
    request_body_credential_rewrite: z.boolean().optional(),
    allow_uninspected_credentials: z.boolean().optional(),
    credential_signing: z.enum(['sigv4', 'sigv4:body', 'sigv4:no_body']).optional(),
    signing_service: text.optional(),
    signing_region: text.optional(),
    credential_binding: z.strictObject({ provider: text }).optional(),
    persisted_queries: z.record(z.string(), text).optional(),
    graphql_persisted_queries: z.record(z.string(), text).optional(),
    graphql_max_body_bytes: z.int().positive().optional(),
    json_rpc: BodyLimit.optional(),
    mcp: BodyLimit.extend({ strict_tool_names: z.boolean().optional(), allow_all_known_mcp_methods: z.boolean().optional() }).strict().optional(),
  })
  .superRefine((endpoint, context) => {
    const refuse = (message: string, field: string): void => context.addIssue({ code: 'custom', message, path: [field] });
    if ((endpoint.port === undefined) === (endpoint.ports === undefined)) refuse('name either port or ports', 'port');
    if (endpoint.host === undefined && endpoint.allowed_ips === undefined) refuse('name a host, or allowed_ips', 'host');
    if (endpoint.rules !== undefined && endpoint.access !== undefined) refuse('rules and access are mutually exclusive', 'access');
    if (endpoint.deny_rules !== undefined && endpoint.protocol === undefined) refuse('deny_rules require protocol', 'deny_rules');
    const isInspected = endpoint.protocol !== undefined && endpoint.protocol !== 'tcp';
    if (isInspected && endpoint.rules === undefined && endpoint.access === undefined) {
      refuse('protocol requires rules or access to define allowed traffic', 'protocol');
    }
  });

/** One rule of `network_policies`: hosts that the named programs may reach. */
const NetworkRule = z.strictObject({
  name: text.optional(),
  endpoints: z.array(Endpoint).min(1).max(256),
  binaries: z.array(z.strictObject({ path: text.regex(/^\//, 'an absolute path') })).max(256).optional(),
});

const Selection = z.strictObject({ include: z.array(text).max(32).optional(), exclude: z.array(text).max(32).optional() });

const Middleware = z.strictObject({
  name: text.optional(),
  middleware: text,
  order: z.int().optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  on_error: z.enum(['fail_closed', 'fail_open']).optional(),
  endpoints: Selection.optional(),
});

const Key = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'a name of letters, digits, _ . -');

/** `network_policies` of a policy file. */
export const NetworkPolicies = z.record(Key, NetworkRule).refine((rules) => Object.keys(rules).length <= 256, 'at most 256 rules');
export type NetworkPolicies = z.infer<typeof NetworkPolicies>;

/** `network_middlewares` of a policy file. */
export const NetworkMiddlewares = z.record(Key, Middleware).refine((rules) => Object.keys(rules).length <= 10, 'at most 10 middlewares');
