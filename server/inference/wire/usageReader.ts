import type { ChatUsage } from './chatStreamEvent.ts';
import { asAmount, asObject, type JsonObject } from './jsonFields.ts';

/** Keeps the last `usage` and the last `timings` of a stream; servers repeat them, and the last is the whole. */
export interface UsageReader {
  read(chunk: JsonObject): void;
  /** The counts so far; `timings` of llama.cpp stand in where there is no `usage`. */
  usage(): ChatUsage | undefined;
}

/** Makes a UsageReader. */
export function createUsageReader(): UsageReader {
  let usage: JsonObject | undefined;
  let timings: JsonObject | undefined;
  return {
    read(chunk) {
      usage = asObject(chunk['usage']) ?? usage;
      timings = asObject(chunk['timings']) ?? timings;
    },
    usage: () => fromUsage(usage, timings) ?? fromTimings(timings),
  };
}

function fromUsage(usage: JsonObject | undefined, timings: JsonObject | undefined): ChatUsage | undefined {
  const inputTokens = asCount(usage?.['prompt_tokens']);
  const outputTokens = asCount(usage?.['completion_tokens']);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const reasoning = asCount(asObject(usage?.['completion_tokens_details'])?.['reasoning_tokens']);
  const cached = asCount(asObject(usage?.['prompt_tokens_details'])?.['cached_tokens']);
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    ...(cached === undefined ? {} : { cachedTokens: cached }),
    ...speed(timings),
  };
}

function fromTimings(timings: JsonObject | undefined): ChatUsage | undefined {
  const prompt = asCount(timings?.['prompt_n']);
  const predicted = asCount(timings?.['predicted_n']);
  if (prompt === undefined || predicted === undefined) return undefined;
  const cached = asCount(timings?.['cache_n']);
  return { inputTokens: prompt + (cached ?? 0), outputTokens: predicted, ...(cached === undefined ? {} : { cachedTokens: cached }), ...speed(timings) };
}

function speed(timings: JsonObject | undefined): { tokensPerSecond?: number } {
  const tokensPerSecond = asAmount(timings?.['predicted_per_second']);
  return tokensPerSecond === undefined ? {} : { tokensPerSecond };
}

/** Counts are integers on our wire; a server that sends fractions or nonsense must not break it. */
function asCount(value: unknown): number | undefined {
  const amount = asAmount(value);
  return amount === undefined ? undefined : Math.min(Math.round(amount), Number.MAX_SAFE_INTEGER);
}
