import type { ErrorInfo } from '../protocol/errors.ts';
import type { Usage } from '../protocol/messages.ts';
import type { ChatFinish } from './wire/chatStreamEvent.ts';

/** Time limits of one model call, ms. */
export interface RouteTimeouts {
  readonly firstTokenMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

/** Defaults: 10 min to the first token, 120 s idle (any byte counts), 30 min in all. */
export const defaultRouteTimeouts: RouteTimeouts = { firstTokenMs: 600_000, idleMs: 120_000, totalMs: 1_800_000 };

/** The way of one run to its model. The key is in the authorization header only, never in a task, a log or the store. */
export interface ModelRoute {
  readonly serverId: string;
  readonly serverName: string;
  /** As the user gave it, with `/v1` at its end. */
  readonly baseUrl: string;
  /** A unix socket that serves `baseUrl`, for servers of our own. */
  readonly socketPath?: string | undefined;
  readonly model: string;
  readonly contextTokens: number;
  readonly supportsTools: boolean;
  readonly isTiny: boolean;
  /** `prefilled`: the chat template opens a think tag itself, so text starts in reasoning. */
  readonly think: 'auto' | 'prefilled';
  readonly params: Readonly<Record<string, unknown>>;
  readonly timeouts: RouteTimeouts;
  /** Names of members that this server sent with earlier messages and calls of the session, and gets back. */
  readonly returnedMembers?: readonly string[] | undefined;
  /** Gives the header value, such as `Bearer ...`, read at each call from the private key file. */
  authorization(): Promise<string | undefined>;
}

/** Names the server and the model of a route: what one sent is never shown to another. */
export function routeKey({ baseUrl, model }: Pick<ModelRoute, 'baseUrl' | 'model'>): string {
  return `${baseUrl} ${model}`;
}

/** What the gateway saw on its own path to the model during one model call. */
export interface ModelCallReport {
  readonly usage: Pick<Usage, 'inputTokens' | 'outputTokens' | 'reasoningTokens' | 'cachedTokens' | 'source'> | undefined;
  readonly startedAt: number;
  readonly firstThoughtMs: number | undefined;
  readonly firstAnswerMs: number | undefined;
  readonly durationMs: number;
  readonly tokensPerSecond: number | undefined;
  /** Why the call failed, classified; absent after a good end and after a client that went away. */
  readonly error: ErrorInfo | undefined;
  readonly finish: ChatFinish | 'truncated' | 'error' | 'cancelled';
  /** The server's own word for the end, when it said one. */
  readonly finishWord?: string | undefined;
  /** Names of members beside those of the wire that the server put into its message and its calls. */
  readonly returnedMembers?: readonly string[] | undefined;
}

/** Who listens to the model calls of one task's socket. */
export interface ModelCallObserver {
  /** A call began; `status` sentences follow, such as `Loading qwen3:9b on Ollama`. */
  onStatus?(phase: 'model_loading' | 'prompt' | 'waiting', text: string | undefined): void;
  /** Asked before a call goes out; an error refuses it, and nothing is sent. */
  refuse?(): ErrorInfo | undefined;
  onReport(report: ModelCallReport): void;
}
