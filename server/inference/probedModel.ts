import type { Model } from '../protocol/models.ts';
import type { JsonObject } from './wire/jsonFields.ts';

/** A model as a probe saw it; `isLoaded` where the server tells. */
export interface ProbedModel extends Model {
  readonly isLoaded: boolean;
}

/** Asks one thing of a server; undefined when it has no such thing. */
export type AskServer = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<JsonObject | undefined>;
