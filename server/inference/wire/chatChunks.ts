import type { ErrorInfo } from '../../protocol/errors.ts';
import type { ChatStreamEvent } from './chatStreamEvent.ts';
import { classifyModelError } from './classifyModelError.ts';
import { readDelta } from './deltaReader.ts';
import { findErrorBody } from './errorBody.ts';
import { readFinish } from './finishReason.ts';
import { asList, asObject, asText, type JsonObject } from './jsonFields.ts';
import { createKeptMembers, keptLengths, knownMessageMembers } from './calls/keptMembers.ts';
import { brokenStream, emptyReply } from './modelErrors.ts';
import type { SplitPiece } from './lateThinking.ts';
import { createThinkSplitter } from './thinkSplitter.ts';
import { createToolSlots } from './calls/toolSlots.ts';
import { createUsageReader } from './usageReader.ts';
import { createWholeCharacters } from './wholeCharacters.ts';

/** Reads the JSON chunks of one answer, whatever framing they came in. */
export interface ChatChunks {
  /** Reads one chunk; an error in it gives `error` as the last event. */
  read(chunk: JsonObject): ChatStreamEvent[];
  /** The events of the end: of the bytes, of what the server marked as the end, or of an answer that came in one piece. */
  end(how: 'open' | 'marked' | 'whole'): ChatStreamEvent[];
  /** Ends with an error that was found outside of the chunks. */
  fail(error: ErrorInfo): ChatStreamEvent[];
  /** The server has named a finish reason, so all text has come. */
  readonly hasFinish: boolean;
}

/** Makes ChatChunks; `server` is a name for sentences, and without `isKeeping` members are kept by their names alone. */
export function createChatChunks({ think, server, isKeeping }: { think: 'auto' | 'prefilled'; server: string; isKeeping: boolean }): ChatChunks {
  const splitter = createThinkSplitter(think === 'prefilled');
  const channels = { text: createWholeCharacters(), thinking: createWholeCharacters() };
  const tools = createToolSlots(isKeeping);
  const usage = createUsageReader();
  const kept = createKeptMembers(knownMessageMembers, isKeeping ? keptLengths.message : 0);
  const received = { text: 0, thinking: 0 };
  let hasReasoningField = false;
  let finish: string | undefined;
  /** Some servers give an empty word for a reason throughout, also at their end. */
  let isReasonEmpty = false;

  const emitPieces = (pieces: readonly SplitPiece[]): ChatStreamEvent[] =>
    pieces.flatMap(({ kind, text }) => {
      const whole = channels[kind].push(text);
      if (whole === '') return [];
      received[kind] += whole.length;
      return [{ kind, text: whole }];
    });

  function flush(): ChatStreamEvent[] {
    const events = emitPieces(splitter.end());
    for (const kind of ['thinking', 'text'] as const) {
      const text = channels[kind].end();
      if (text === '') continue;
      received[kind] += text.length;
      events.push({ kind, text });
    }
    const counted = usage.usage();
    if (counted !== undefined) events.push({ kind: 'usage', usage: counted });
    return events;
  }

  function readChoice(choice: JsonObject): ChatStreamEvent[] {
    finish = asText(choice['finish_reason']) ?? asText(choice['finishReason']) ?? finish;
    isReasonEmpty = choice['finish_reason'] === '';
    const message = asObject(choice['message']);
    const content = asObject(choice['delta']) ?? message;
    // A whole message behind its pieces says them once more.
    const isRepetition = content === message && (received.text > 0 || received.thinking > 0 || tools.count > 0);
    if (content === undefined || isRepetition) return [];
    const delta = readDelta(content);
    kept.take(content);
    const events: ChatStreamEvent[] = [];
    if (delta.thinking !== '') {
      if (!hasReasoningField) events.push(...emitPieces(splitter.disable()));
      hasReasoningField = true;
      events.push(...emitPieces([{ kind: 'thinking', text: delta.thinking }]));
    }
    if (delta.text !== '') events.push(...emitPieces(splitter.push(delta.text)));
    return [...events, ...tools.read(delta.toolCalls, content === message)];
  }

  function failure(error: ErrorInfo): ChatStreamEvent {
    const counts = { textLength: received.text, thinkingLength: received.thinking, toolCalls: tools.count };
    return { kind: 'error', error: { ...error, details: { ...error.details, received: counts } } };
  }

  const fail = (error: ErrorInfo): ChatStreamEvent[] => [...flush(), failure(error)];

  return {
    read(chunk) {
      usage.read(chunk);
      const choice = asList(chunk['choices']).map(asObject).find((item) => item !== undefined && (item['index'] ?? 0) === 0);
      const isBad = findErrorBody(chunk) !== undefined || choice?.['finish_reason'] === 'error';
      const events = choice === undefined || isBad ? [] : readChoice(choice);
      return isBad ? fail(classifyModelError({ body: JSON.stringify(chunk), server })) : events;
    },
    end(how) {
      // Only a finish reason makes a stream whole: a proxy writes its mark of the end behind a stream that broke, too.
      if (how === 'whole' || (how === 'marked' && isReasonEmpty)) finish ??= 'stop';
      const events = flush();
      const hasTools = tools.count > 0;
      const isEmpty = received.text === 0 && received.thinking === 0 && !hasTools;
      if (isEmpty && (finish !== undefined || how === 'marked')) return [...events, failure(emptyReply(server, finish))];
      if (finish === undefined) return [...events, failure(brokenStream(server, 'truncated'))];
      return [...events, ...keptEvents(kept.members(), tools.kept()), { kind: 'finish', finish: readFinish(finish, hasTools), raw: finish, isThinkingOnly: received.text === 0 && !hasTools }];
    },
    fail,
    get hasFinish() {
      return finish !== undefined;
    },
  };
}

function keptEvents(message: JsonObject, calls: ReadonlyMap<number, JsonObject>): ChatStreamEvent[] {
  return Object.keys(message).length === 0 && calls.size === 0 ? [] : [{ kind: 'kept', message, calls }];
}
