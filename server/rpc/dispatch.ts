import type * as z from 'zod';
import { AppError } from '../base/appError.ts';
import { requestDefinitions, type RequestName } from '../protocol/api.ts';
import type { RequestDefinition } from '../protocol/method.ts';
import type { Handler, RequestContext } from './handlers.ts';

/** Gives the handler of a method, once there is one; rejects with the reason why there is none at present. */
export type FindHandler = <N extends RequestName>(name: N) => Promise<Handler<N>>;

/** Parses, handles, parses the result. Throws AppError, or whatever the handler threw. */
export async function dispatch(method: string, params: unknown, context: RequestContext, find: FindHandler): Promise<unknown> {
  const definition = requestDefinitions.get(method);
  if (definition === undefined) {
    throw new AppError('unknown_method', `There is no method ${method}.`, { hint: 'See docs/protocol for the methods of this version.', details: { method } });
  }
  const parsed = parseParams(method, definition, params);
  const handle = (await find(method as RequestName)) as (params: unknown, context: RequestContext) => Promise<unknown>;
  return parseResult(method, definition, await handle(parsed, context));
}

function parseParams(method: string, definition: RequestDefinition, params: unknown): unknown {
  const parsed = definition.params.safeParse(params ?? {});
  if (parsed.success) return parsed.data;
  throw invalidParams(method, parsed.error);
}

/** `invalid_params` that names the first wrong path in its sentence and up to eight in its details. */
export function invalidParams(method: string, error: z.ZodError): AppError {
  const issues = error.issues.slice(0, 8).map((issue) => ({ path: pathOf(issue), message: issue.message }));
  const first = issues[0] ?? { path: '', message: 'not valid' };
  const place = first.path === '' ? 'the params' : `\`${first.path}\``;
  return new AppError('invalid_params', `${method}: ${place}: ${first.message}`, {
    hint: 'Correct the params; docs/protocol has their shape.',
    details: { path: first.path, issues },
  });
}

function pathOf(issue: z.core.$ZodIssue): string {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  return path.map(String).join('.').slice(0, 200);
}

function parseResult(method: string, definition: RequestDefinition, result: unknown): unknown {
  const parsed = definition.result.safeParse(result);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError('internal', `The answer of ${method} does not have its shape.`, {
    reason: 'result_shape',
    hint: 'This is an error of the gateway: send the log with your report.',
    details: { path: issue === undefined ? '' : pathOf(issue) },
    cause: parsed.error,
  });
}
