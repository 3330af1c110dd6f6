// Makes the OpenRPC document from the contract: methods, events, error classes, and every named shape once.
import fs from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { root } from '../run.mjs';

const folder = path.join(root, 'server', 'protocol');

/** Every exported schema of the contract under its own name, and the modules they came from. */
async function loadContract() {
  const modules = {};
  const named = new Map();
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.ts')).sort()) {
    const module = await import(path.join(folder, file));
    modules[path.basename(file, '.ts')] = module;
    for (const [name, value] of Object.entries(module)) if (value instanceof z.ZodType && /^[A-Z]/.test(name)) named.set(value, name);
  }
  return { modules, named };
}

/** Turns schemas into JSON Schema; what has a name becomes a reference into `schemas`, which fills as it goes. */
function createShaper(named) {
  const registry = z.registry();
  for (const [schema, name] of named) registry.add(schema, { id: name });
  const schemas = {};
  const clean = (value) => {
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => key !== '$schema' && key !== 'id' && key !== '$defs');
    const { $ref, ...rest } = Object.fromEntries(
      entries.map(([key, child]) => [key, key === '$ref' ? String(child).replace('#/$defs/', '#/components/schemas/') : key === 'properties' ? mapValues(child, clean) : clean(child)]),
    );
    if ($ref === undefined) return rest;
    // Validators of the draft that OpenRPC names ignore whatever stands beside a reference.
    return Object.keys(rest).length === 0 ? { $ref } : { allOf: [{ $ref }, rest] };
  };
  const shape = (schema) => {
    const name = named.get(schema);
    const made = z.toJSONSchema(schema, { metadata: registry, io: 'input', reused: 'inline' });
    for (const [id, definition] of Object.entries(made.$defs ?? {})) schemas[id] ??= clean(definition);
    if (name === undefined) return clean(made);
    schemas[name] ??= clean(made);
    return { $ref: `#/components/schemas/${name}` };
  };
  return { shape, schemas };
}

function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

const resolve = (schema, schemas) => (schema.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)]);

/** Params by name: one content descriptor for each property. */
function describeParams(schema, schemas) {
  const { properties = {}, required = [], additionalProperties } = resolve(schema, schemas);
  const params = Object.entries(properties).map(([name, shape]) => ({ name, required: required.includes(name), schema: shape }));
  return { paramStructure: 'by-name', params, 'x-additionalParams': additionalProperties !== false };
}

/** Classes that every request can end with. */
export const commonClasses = ['invalid_params', 'not_initialized', 'unknown_method', 'cancelled', 'internal'];

function describeMethod([name, definition], shaper, errorClasses) {
  const group = name.includes('/') ? name.split('/')[0] : 'connection';
  return {
    name,
    summary: definition.summary,
    tags: [{ name: group }],
    ...describeParams(shaper.shape(definition.params), shaper.schemas),
    // Which of the params must be there, where that is more than each by itself.
    'x-anyOf': definition.params.meta()?.anyOf,
    result: { name: 'result', schema: shaper.shape(definition.result) },
    errors: [...commonClasses, ...definition.errors].map((each) => ({ code: errorClasses[each].code, message: each })),
    'x-idempotent': definition.isIdempotent,
    'x-webview': definition.isOpenToWebviews,
  };
}

/** LSP's lifecycle, which is the connection's own and no entry of the contract. */
function lifecycleMethods({ InitializeParams, InitializeResult }) {
  const definition = (summary, params, result) => ({ summary, params, result, errors: [], isIdempotent: false, isOpenToWebviews: false });
  return [
    ['initialize', { ...definition('Opens the connection, once, before everything else; unknown fields are ignored.', InitializeParams, InitializeResult), errors: ['forbidden'] }],
    ['shutdown', definition('Ends the work of this connection; only `exit` may follow. The gateway goes on.', z.object({}), z.null())],
  ];
}

/** The whole document, and beside it the two shapes of the worker's wire. */
export async function createDocument() {
  const { modules, named } = await loadContract();
  const { api, errorClasses: table, errors, initialize, worker } = modules;
  const shaper = createShaper(named);
  const requests = [...lifecycleMethods(initialize), ...api.requestDefinitions];
  const methods = requests.map((entry) => describeMethod(entry, shaper, table.errorClasses));
  const events = [...api.eventDefinitions].map(([name, { summary, params }]) => ({ name, summary, ...describeParams(shaper.shape(params), shaper.schemas) }));
  for (const schema of [errors.WireErrorData, initialize.GatewayPointer]) shaper.shape(schema);
  const schemas = Object.fromEntries(Object.entries(shaper.schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document = {
    openrpc: '1.3.2',
    info: { title: 'Logos gateway', version: String(api.protocolVersion), description: 'JSON-RPC 2.0 in Content-Length frames, with the lifecycle of the Language Server Protocol.', license: { name: 'MIT' } },
    methods,
    components: { schemas },
    'x-events': events,
    'x-errorClasses': mapValues(table.errorClasses, ({ code, group, isRetryable, meaning }) => ({ code, group, retryable: isRetryable, meaning })),
  };
  const wire = createShaper(new Map([...named].filter(([, name]) => name !== 'Task' && name !== 'Frame')));
  return { document, worker: { version: worker.workerProtocolVersion, task: wire.shape(worker.Task), frame: wire.shape(worker.Frame), maxFrameBytes: worker.maxFrameBytes, schemas: wire.schemas } };
}
