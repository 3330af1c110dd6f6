import type * as z from 'zod';
import { agents } from './agents.ts';
import { chat } from './chat.ts';
import { gateway } from './gateway.ts';
import { limits } from './limits.ts';
import { logs } from './logs.ts';
import { models } from './models.ts';
import { policies } from './policies.ts';
import { runs } from './runs.ts';
import { sandboxes } from './sandboxes.ts';
import { sessions } from './sessions.ts';
import { souls } from './souls.ts';
import { unsubscribe } from './unsubscribe.ts';
import type { ApiShape, DefinitionOf, EventDefinition, NamesOf, RequestDefinition } from './method.ts';

/** The major version of the contract; within it only additions happen. */
export const protocolVersion = 1;

/** The whole contract; the wire name of an entry is its path, `chat/send`. */
export const api = { agents, chat, gateway, limits, logs, models, policies, runs, sandboxes, sessions, souls, unsubscribe } satisfies ApiShape;
/** Its type, from which the names, params and results of methods derive. */
export type Api = typeof api;

/** Wire name of a request. */
export type RequestName = NamesOf<Api, RequestDefinition>;
/** Wire name of an event. */
export type EventName = NamesOf<Api, EventDefinition>;
/** What a client sends for a request. */
export type ParamsOf<N extends RequestName> = DefinitionOf<Api, N> extends { params: infer P extends z.ZodType } ? z.input<P> : never;
/** What a handler receives, after parsing. */
export type ParsedParamsOf<N extends RequestName> = DefinitionOf<Api, N> extends { params: infer P extends z.ZodType } ? z.output<P> : never;
/** What a request answers. */
export type ResultOf<N extends RequestName> = DefinitionOf<Api, N> extends { result: infer R extends z.ZodType } ? z.output<R> : never;
/** What an event carries. */
export type EventParamsOf<N extends EventName> = DefinitionOf<Api, N> extends { params: infer P extends z.ZodType } ? z.output<P> : never;

const definitions: readonly (readonly [string, RequestDefinition | EventDefinition])[] = Object.entries(api as ApiShape).flatMap(([group, entry]) =>
  isDefinition(entry) ? [[group, entry] as const] : Object.entries(entry).map(([verb, definition]) => [`${group}/${verb}`, definition] as const),
);

function isDefinition(entry: ApiShape[string]): entry is RequestDefinition | EventDefinition {
  return typeof entry.kind === 'string';
}

/** Every request by wire name. */
export const requestDefinitions: ReadonlyMap<string, RequestDefinition> = new Map(
  definitions.flatMap(([name, definition]) => (definition.kind === 'request' ? [[name, definition] as const] : [])),
);
/** Every event by wire name. */
export const eventDefinitions: ReadonlyMap<string, EventDefinition> = new Map(
  definitions.flatMap(([name, definition]) => (definition.kind === 'event' ? [[name, definition] as const] : [])),
);
