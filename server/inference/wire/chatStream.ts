import { createBodyFraming, type FramingSink } from './bodyFraming.ts';
import { createChatChunks } from './chatChunks.ts';
import type { ChatStreamEvent } from './chatStreamEvent.ts';
import { classifyModelError } from './classifyModelError.ts';
import { findErrorBody } from './errorBody.ts';
import { asObject, parseJson } from './jsonFields.ts';
import type { StrayLine } from './strayLines.ts';
import { brokenStream, brokenWire, emptyReply } from './modelErrors.ts';

/** An event of plain words that tells of a failure. */
const saysError = /^\s*\[?error\b/i;
/** What is JSON, or the beginning of it, and no words. */
const isJsonLike = /^\s*[{["]/;
/** Lines of words between the events are held so far, in UTF-16 units. */
const maxWords = 2_000;
/** After so many events that are not JSON the stream is given up. */
const maxMalformed = 3;

/** Reads the body of one 200 answer to a streamed chat completion. */
export interface ChatStreamReader {
  /** Takes the next bytes, cut anywhere; after `isDone` further bytes give nothing. */
  push(bytes: Uint8Array): ChatStreamEvent[];
  /** The body is over. Gives the closing events unless they were given. */
  end(): ChatStreamEvent[];
  /** The connection broke. Gives the closing events with `model_crashed`, unless the model had finished. */
  abort(): ChatStreamEvent[];
  /** `finish` or `error` was given: whatever follows on the socket is ignored, and it may be closed. */
  readonly isDone: boolean;
  /** The server has named a finish reason; what may still come is the usage. */
  readonly hasFinish: boolean;
  /** Whether the body is a stream of events, not one whole answer or page; undefined while that is not known. */
  readonly isStream: boolean | undefined;
}

/** What a reader must know of its route and of the answer's head. */
export interface ChatStreamOptions {
  /** `prefilled`: the chat template opens the think tag itself. */
  readonly think?: 'auto' | 'prefilled' | undefined;
  /** The answer's content-type, a hint only. */
  readonly contentType?: string | undefined;
  /** A name for sentences, such as `Ollama`. */
  readonly server?: string | undefined;
  /** Whether what the server may want back is held; else `kept` has the names alone. */
  readonly isKeeping?: boolean | undefined;
}

/**
 * Makes a reader of one chat completions stream: server-sent events, or a body that was not streamed, or an error, or a foreign page,
 * told apart by their first characters. It never throws.
 */
export function createChatStreamReader({ think = 'auto', contentType, server = 'The model server', isKeeping = true }: ChatStreamOptions = {}): ChatStreamReader {
  const chunks = createChatChunks({ think, server, isKeeping });
  let events: ChatStreamEvent[] = [];
  let malformed = 0;
  let words: string | undefined;
  let isDone = false;
  let isEnding = false;

  function add(found: readonly ChatStreamEvent[]): void {
    if (isDone) return;
    for (const event of found) events.push(withWords(event, words, server));
    const last = found.at(-1)?.kind;
    isDone = last === 'error' || last === 'finish';
  }

  function readEvent(name: string | undefined, data: string): void {
    if (isDone || data === '') return;
    if (data.trim() === '[DONE]') return add(chunks.end('marked'));
    if (name === 'error') return add(chunks.fail(classifyModelError({ body: data, server })));
    const json = parseJson(data);
    const chunk = asObject(json);
    if (chunk !== undefined) return add(chunks.read(chunk));
    if (findErrorBody(json) !== undefined) return add(chunks.fail(classifyModelError({ body: data, server })));
    if (saysError.test(data)) return add(chunks.fail(classifyModelError({ body: data, server })));
    malformed += 1;
    words = typeof json === 'string' ? json : isJsonLike.test(data) ? words : data;
    if (!isEnding && malformed >= maxMalformed) add(chunks.fail(brokenWire(server, 'malformed_stream')));
  }

  function readStray({ kind, text }: StrayLine): void {
    // Words in brackets, as some keep a connection alive with, are nothing.
    if (kind === 'json' && (text === '[DONE]' || parseJson(text) !== undefined)) readEvent(undefined, text);
    else if (kind === 'words' && !isDone) words = `${words ?? ''} ${text.trim()}`.trim().slice(0, maxWords);
    else if (kind === 'error' && !isDone && text !== '') add(chunks.fail(classifyModelError({ body: text, server })));
  }

  const readBody: FramingSink['onBody'] = (kind, body) => {
    if (kind === 'empty') return add(chunks.fail({ ...emptyReply(server, undefined), cause: 'empty_body' }));
    // What follows an error behind a blank line, as the mark of the end does, is no part of it.
    const json = parseJson(body) ?? parseJson(body.split(/\r?\n\r?\n|\n(?=data:|event:)/, 1)[0] ?? '');
    const whole = asObject(json);
    if (json === undefined && kind === 'json') return add(chunks.fail(brokenStream(server, 'truncated')));
    if (typeof json === 'string') return add(chunks.fail(classifyModelError({ body, server })));
    if (whole === undefined && findErrorBody(json) === undefined) return add(chunks.fail(classifyModelError({ body, server, isPage: true })));
    if (!Array.isArray(whole?.['choices'])) return add(chunks.fail(classifyModelError({ body: JSON.stringify(json), server })));
    add(chunks.read(whole));
    add(chunks.end('whole'));
  };

  const framing = createBodyFraming(contentType, {
    onEvent: readEvent,
    onStray: readStray,
    onBody: readBody,
    onTooLarge: () => add(chunks.fail(brokenWire(server, 'event_too_large'))),
  });

  function take(closing: () => ChatStreamEvent[]): ChatStreamEvent[] {
    if (!isDone) add(closing());
    const taken = events;
    events = [];
    return taken;
  }

  return {
    push(bytes) {
      if (!isDone) framing.push(bytes);
      return take(() => []);
    },
    end() {
      isEnding = true;
      if (!isDone) framing.end();
      return take(() => chunks.end('open'));
    },
    abort() {
      if (!isDone && chunks.hasFinish) framing.end();
      return take(() => (chunks.hasFinish ? chunks.end('marked') : chunks.fail(brokenStream(server, 'connection_lost'))));
    },
    get isDone() {
      return isDone;
    },
    get hasFinish() {
      return chunks.hasFinish;
    },
    get isStream() {
      return framing.isStream;
    },
  };
}

const brokenOff: ReadonlySet<string> = new Set(['truncated', 'connection_lost']);

/** A stream that broke off behind plain words was most likely ended by what they say. */
function withWords(event: ChatStreamEvent, words: string | undefined, server: string): ChatStreamEvent {
  if (event.kind !== 'error' || !brokenOff.has(event.error.cause) || words === undefined) return event;
  return { ...event, error: { ...event.error, message: `${event.error.message} ${classifyModelError({ body: words, server }).message}` } };
}
