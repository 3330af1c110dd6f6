import type { ErrorInfo } from '../../protocol/errors.ts';
import type { ChatStreamEvent } from './chatStreamEvent.ts';
import { classifyModelError, findErrorBody } from './classifyModelError.ts';
import { readDelta } from './deltaReader.ts';
import { readFinish } from './finishReason.ts';
import { asList, asObject, asText, type JsonObject } from './jsonFields.ts';
import { brokenStream, emptyReply } from './modelErrors.ts';
import { createThinkSplitter, type SplitPiece } from './thinkSplitter.ts';
import { createToolSlots } from './toolSlots.ts';
import { createUsageReader } from './usageReader.ts';
import { createWholeCharacters } from './wholeCharacters.ts';

/** Reads the JSON chunks of one answer, whatever framing they came in. */
export interface ChatChunks {
  /** Reads one chunk; an error in it gives `error` as the last event. */
  read(chunk: JsonObject): ChatStreamEvent[];
  /** The events of the end. `isMarked`: the server said that the stream is over. */
  end(isMarked: boolean): ChatStreamEvent[];
  /** Ends with an error that was found outside of the chunks. */
  fail(error: ErrorInfo): ChatStreamEvent[];
  /** The server has named a finish reason, so all text has come. */
  readonly hasFinish: boolean;
}

/** Makes ChatChunks; `server` is a name for sentences. */
export function createChatChunks({ think, server }: { think: 'auto' | 'prefilled'; server: string }): ChatChunks {
  const splitter = createThinkSplitter(think === 'prefilled');
  const channels = { text: createWholeCharacters(), thinking: createWholeCharacters() };
  const tools = createToolSlots();
  const usage = createUsageReader();
  const seen = { text: false, thinking: false, reasoningField: false };
  let finish: string | undefined;

  const emitPieces = (pieces: readonly SplitPiece[]): ChatStreamEvent[] =>
    pieces.flatMap(({ kind, text }) => {
      const whole = channels[kind].push(text);
      if (whole === '') return [];
      seen[kind] = true;
      return [{ kind, text: whole }];
    });

  function flush(): ChatStreamEvent[] {
    const events = emitPieces(splitter.end());
    for (const kind of ['thinking', 'text'] as const) {
      const text = channels[kind].end();
      if (text === '') continue;
      seen[kind] = true;
      events.push({ kind, text });
    }
    const counted = usage.usage();
    if (counted !== undefined) events.push({ kind: 'usage', usage: counted });
    return events;
  }

  function readChoice(choice: JsonObject): ChatStreamEvent[] {
    finish = asText(choice['finish_reason']) ?? finish;
    const content = asObject(choice['delta']) ?? asObject(choice['message']);
    if (content === undefined) return [];
    const delta = readDelta(content);
    const events: ChatStreamEvent[] = [];
    if (delta.thinking !== '') {
      if (!seen.reasoningField) events.push(...emitPieces(splitter.disable()));
      seen.reasoningField = true;
      events.push(...emitPieces([{ kind: 'thinking', text: delta.thinking }]));
    }
    if (delta.text !== '') events.push(...emitPieces(splitter.push(delta.text)));
    return [...events, ...delta.toolCalls.flatMap((call) => tools.read(call) ?? [])];
  }

  const fail = (error: ErrorInfo): ChatStreamEvent[] => [...flush(), { kind: 'error', error }];

  return {
    read(chunk) {
      usage.read(chunk);
      const choice = asList(chunk['choices']).map(asObject).find((item) => item !== undefined && (item['index'] ?? 0) === 0);
      const isBad = findErrorBody(chunk) !== undefined || choice?.['finish_reason'] === 'error';
      const events = choice === undefined || isBad ? [] : readChoice(choice);
      return isBad ? fail(classifyModelError({ body: JSON.stringify(chunk), server })) : events;
    },
    end(isMarked) {
      const events = flush();
      const hasTools = tools.count > 0;
      if (finish === undefined && !isMarked) return [...events, { kind: 'error', error: brokenStream(server, 'truncated') }];
      if (!seen.text && !seen.thinking && !hasTools) return [...events, { kind: 'error', error: emptyReply(server, finish ?? 'no_finish') }];
      return [...events, { kind: 'finish', finish: readFinish(finish, hasTools), raw: finish, isThinkingOnly: !seen.text && !hasTools }];
    },
    fail,
    get hasFinish() {
      return finish !== undefined;
    },
  };
}
