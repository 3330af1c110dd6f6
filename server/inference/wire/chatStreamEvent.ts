import type { ErrorInfo } from '../../protocol/errors.ts';
import type { JsonObject } from './jsonFields.ts';

/** Token counts of one model call, as the server gave them. */
export interface ChatUsage {
  /** Tokens of the prompt, cached ones included. */
  readonly inputTokens: number;
  /** Tokens that the model made, reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens?: number;
  readonly cachedTokens?: number;
  /** Speed by the server's own clock; absent when it told none. */
  readonly tokensPerSecond?: number;
}

/** Why a model ended. `filter`: it, or a filter behind it, would not go on; `cut`: its server could not; `unknown`: a word that nobody knows. */
export type ChatFinish = 'stop' | 'length' | 'tool_calls' | 'filter' | 'cut' | 'unknown';

/**
 * What a chat completions stream says, in order: any number of `text`, `thinking` and `tool`, then at most one `usage` and
 * one `kept`, then exactly one `finish` or `error`, after which nothing more comes.
 */
export type ChatStreamEvent =
  /** A piece of the answer; never ends in half a character. */
  | { readonly kind: 'text'; readonly text: string }
  /** A piece of the reasoning, however the server spells it. */
  | { readonly kind: 'thinking'; readonly text: string }
  /**
   * A fragment of a tool call. `index` counts the calls of this answer from 0 without gaps; `args` fragments of one index,
   * settled by `settleArguments`, are the JSON text of the arguments. `id` and `name` come at most once per index (`id` never, when the server names none).
   */
  | { readonly kind: 'tool'; readonly index: number; readonly id?: string; readonly name?: string; readonly args: string }
  | { readonly kind: 'usage'; readonly usage: ChatUsage }
  /** What the server may want back with this answer: members of the message, and of its calls by their `index`. */
  | { readonly kind: 'kept'; readonly message: JsonObject; readonly calls: ReadonlyMap<number, JsonObject> }
  /** A good end. `raw` is the server's own word; `isThinkingOnly`: neither text nor a tool call came, only reasoning. */
  | { readonly kind: 'finish'; readonly finish: ChatFinish; readonly raw: string | undefined; readonly isThinkingOnly: boolean }
  /** A bad end; what came before stays valid as a partial answer, and `details.received` counts it: what whoever goes on needs to know. */
  | { readonly kind: 'error'; readonly error: ErrorInfo };
