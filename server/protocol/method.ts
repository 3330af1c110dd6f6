import type * as z from 'zod';
import type { ErrorClass } from './errors.ts';

/** A request of the client wire: what goes in, what comes out, what it can end with and who may call it. */
export interface RequestDefinition<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly kind: 'request';
  /** One sentence for the generated document. */
  readonly summary: string;
  readonly params: P;
  readonly result: R;
  /** Error classes beyond the call group (`invalid_params`, `not_initialized`, `internal`, ...) that every request has. */
  readonly errors: readonly ErrorClass[];
  /** The same params said twice have the effect of once. */
  readonly isIdempotent: boolean;
  /** Whether a webview may reach it through the relay (each view narrows this further). */
  readonly isOpenToWebviews: boolean;
}

/** A notification from the gateway to a client. */
export interface EventDefinition<P extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly summary: string;
  readonly params: P;
}

/** Defines a request once; handler and client types derive from it. */
export function request<P extends z.ZodType, R extends z.ZodType>(
  definition: Omit<RequestDefinition<P, R>, 'kind' | 'errors'> & { errors?: readonly ErrorClass[] },
): RequestDefinition<P, R> {
  return { kind: 'request', errors: [], ...definition };
}

/** Defines an event once. */
export function event<P extends z.ZodType>(definition: Omit<EventDefinition<P>, 'kind'>): EventDefinition<P> {
  return { kind: 'event', ...definition };
}

type Definition = RequestDefinition | EventDefinition;

/** The shape of the whole contract: groups of methods, whose wire name is the path `group/verb`, and single methods under their own name. */
export type ApiShape = Readonly<Record<string, Definition | Readonly<Record<string, Definition>>>>;

type Flatten<A> = {
  [G in keyof A & string]: A[G] extends Definition ? [G, A[G]] : { [V in keyof A[G] & string]: [`${G}/${V}`, A[G][V]] }[keyof A[G] & string];
}[keyof A & string];

/** Wire names of the definitions of one kind. */
export type NamesOf<A, Kind> = Flatten<A> extends infer E ? (E extends [infer N extends string, infer D] ? (D extends Kind ? N : never) : never) : never;

/** The definition behind a wire name. */
export type DefinitionOf<A, N> = Flatten<A> extends infer E ? (E extends [N, infer D] ? D : never) : never;
