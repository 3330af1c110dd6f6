import type { ModelCallReport } from '../inference/route.ts';
import type { ChatStreamEvent, ChatUsage } from '../inference/wire/chatStreamEvent.ts';
import { estimateTokens } from '../inference/wire/estimateTokens.ts';

/** Seconds between first and last token below which no speed is told. */
const shortestSpan = 0.02;

/** Measures one model call by the events that pass. */
export interface CallMeter {
  /** Takes events in order; the time of the call is when they are taken. */
  take(events: readonly ChatStreamEvent[]): void;
  /** A token has been seen. */
  readonly hasToken: boolean;
  /** The request is with the server, or is not: it was refused, or never arrived. */
  noteAsked(isAsked: boolean): void;
  /**
   * `error` absent means a good end, or a client that went away. `isCutOff` says that the gateway ended the call: what was asked is then
   * counted also before the first token, because a server reads, and charges for, what nobody waits for.
   */
  report(end: Pick<ModelCallReport, 'finish' | 'finishWord' | 'error'>, isCutOff: boolean): ModelCallReport;
}

/** Starts the measure of a call; `prompt` gives the text that was sent, for an estimate when the server counts nothing. */
export function startCallMeter(prompt: () => string): CallMeter {
  const startedAt = Date.now();
  const start = performance.now();
  let firstThought: number | undefined;
  let firstAnswer: number | undefined;
  let firstToken: number | undefined;
  let lastToken = start;
  let counted: ChatUsage | undefined;
  let streamedTokens = 0;
  let wasAsked = false;

  function takeToken(event: Extract<ChatStreamEvent, { kind: 'text' | 'thinking' | 'tool' }>, now: number): void {
    firstToken ??= now;
    lastToken = now;
    if (event.kind === 'thinking') firstThought ??= now;
    else firstAnswer ??= now;
    streamedTokens += estimateTokens(event.kind === 'tool' ? event.args : event.text);
  }

  function usage(isCutOff: boolean): ModelCallReport['usage'] {
    if (counted !== undefined) {
      const { tokensPerSecond: _speed, ...counts } = counted;
      return { ...counts, source: 'server' };
    }
    const isSpent = firstToken !== undefined || (isCutOff && wasAsked);
    return !isSpent ? undefined : { inputTokens: Math.round(estimateTokens(prompt())), outputTokens: Math.ceil(streamedTokens), source: 'estimate' };
  }

  function speed(tokens: number | undefined): number | undefined {
    if (counted?.tokensPerSecond !== undefined) return counted.tokensPerSecond;
    const seconds = (lastToken - (firstToken ?? lastToken)) / 1000;
    // What came in one gulp was buffered on its way; its speed would say nothing about the model.
    return tokens === undefined || tokens < 2 || seconds < shortestSpan ? undefined : (tokens - 1) / seconds;
  }

  return {
    take(events) {
      const now = performance.now();
      for (const event of events) {
        if (event.kind === 'usage') counted = event.usage;
        if (event.kind === 'text' || event.kind === 'thinking' || event.kind === 'tool') takeToken(event, now);
      }
    },
    get hasToken() {
      return firstToken !== undefined;
    },
    noteAsked(isAsked) {
      wasAsked = isAsked;
    },
    report({ finish, finishWord, error }, isCutOff) {
      const seen = usage(isCutOff);
      const since = (at: number | undefined): number | undefined => (at === undefined ? undefined : at - start);
      return { usage: seen, startedAt, firstThoughtMs: since(firstThought), firstAnswerMs: since(firstAnswer), durationMs: performance.now() - start, tokensPerSecond: speed(seen?.outputTokens), error, finish, finishWord };
    },
  };
}
