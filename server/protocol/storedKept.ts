import type { Kept } from './kept.ts';

/** A Kept with the server and model that it came from; nobody else is shown it. */
export interface StoredKept extends Kept {
  readonly route: string;
}

/** A stored event or part of a tool call. The schemas of clients leave `kept` out. */
export interface WithKept {
  readonly kept?: StoredKept;
}

/** What was kept with a tool call, when anything was. Apart from the schema, for pages that do without zod. */
export function keptOf(stored: object): StoredKept | undefined {
  return (stored as WithKept).kept;
}
