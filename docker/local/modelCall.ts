import http from 'node:http';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createChatStreamReader } from '../../server/inference/wire/chatStream.ts';
import type { ChatFinish, ChatStreamEvent } from '../../server/inference/wire/chatStreamEvent.ts';
import { joinSplitNames } from '../../server/inference/wire/calls/splitNames.ts';
import { isFraming, readSpokenCalls } from '../../server/inference/wire/calls/spokenCalls.ts';
import { createSpokenHolder } from '../../server/inference/wire/calls/spokenHolder.ts';
import { endOfWords } from '../../server/inference/wire/calls/spokenNotations.ts';
import { settleArguments } from '../../server/inference/wire/calls/toolArguments.ts';
import { meantTool } from '../../server/inference/wire/calls/toolNames.ts';
import { classifyModelError } from '../../server/inference/wire/classifyModelError.ts';
import type { Members } from '../../server/protocol/kept.ts';
import type { Task } from '../../server/protocol/worker.ts';
import { cancelledError, WorkerError } from './workerError.ts';

/** A tool call as the model made it; `args` is its JSON text, which may be none. */
export interface ModelToolCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly args: string;
  /** What its server sent along with it. */
  readonly kept?: Members | undefined;
}

/** One whole answer of the model. */
export interface ModelReply {
  readonly text: string;
  readonly thinking: string;
  readonly toolCalls: readonly ModelToolCall[];
  /** What the server sent along with the message. */
  readonly kept?: Members | undefined;
  readonly finish: ChatFinish;
  /** Neither text nor a tool call came, only reasoning. */
  readonly isThinkingOnly: boolean;
  /** A sentence for the reader about what is amiss in it. */
  readonly notice?: string | undefined;
}

/** What one model call needs. */
export interface ModelCall {
  readonly model: Task['model'];
  /** As they go over the wire. */
  readonly messages: readonly unknown[];
  /** Definitions as the wire wants them; none means that the model has no tools. */
  readonly tools: readonly unknown[];
  /** Their names. */
  readonly toolNames: readonly string[];
  /** The model must answer in words. */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
  /** Each piece as it comes; a promise holds back the stream. */
  onDelta(kind: 'text' | 'thinking', text: string): Promise<void> | undefined;
}

/** Ends of an answer whose text may not be all that was meant, so a call that stands in it is not made. */
const cutFinishes: ReadonlySet<ChatFinish> = new Set(['length', 'filter', 'cut']);
const maxErrorBytes = 1_048_576;
/** Of one answer, arguments of tools included: more than any model means, and little enough to hold. */
const maxReplyChars = 16 * 1_048_576;

/** Asks the model once, over the socket of this task. Throws a WorkerError of a model class, or of class `cancelled`. */
export async function callModel(call: ModelCall): Promise<ModelReply> {
  const response = await openResponse(call);
  if (response.statusCode !== 200) throw await refusal(response, call.signal);
  const reply = new ReplyBuilder(call);
  await readReply(response, reply, call);
  return reply.build();
}

/** Gives the events of a stream to the reply as they come; it hears the stream itself, because an iterator adds several promises to every token. */
function readReply(response: IncomingMessage, reply: ReplyBuilder, { model, signal }: ModelCall): Promise<void> {
  const reader = createChatStreamReader({ think: model.think, contentType: response.headers['content-type'], server: 'The model server' });
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (closing: () => readonly ChatStreamEvent[]): void => {
      if (isSettled) return;
      isSettled = true;
      response.destroy();
      try {
        if (signal.aborted) {
          reply.release();
          throw cancelledError();
        }
        // Whoever is behind by then is waited for at the end of the task.
        void reply.take(closing());
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    response.on('data', (chunk: Buffer) => {
      if (isSettled) return;
      try {
        const behind = reply.take(reader.push(chunk));
        if (reader.isDone) return settle(() => reader.end());
        if (behind === undefined) return;
        response.pause();
        void behind.then(() => response.resume());
      } catch (error) {
        settle(() => {
          throw error;
        });
      }
    });
    response.on('end', () => settle(() => reader.end()));
    for (const name of ['error', 'close'] as const) response.on(name, () => settle(() => reader.abort()));
  });
}

function openResponse({ model, messages, tools, isLast, signal }: ModelCall): Promise<IncomingMessage> {
  const url = new URL(model.baseUrl.endsWith('/') ? model.baseUrl : `${model.baseUrl}/`);
  const offered = tools.length === 0 ? {} : { tools, ...(isLast ? { tool_choice: 'none' } : {}) };
  const body = Buffer.from(JSON.stringify({ ...model.params, model: model.name, messages, stream: true, stream_options: { include_usage: true }, ...offered }));
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      ...(model.socketPath === undefined ? { host: url.hostname, port: url.port } : { socketPath: model.socketPath }),
      path: `${url.pathname}chat/completions`,
      method: 'POST',
      // One connection a call: a kept one may be closed under us, and a unix socket opens in a tenth of a millisecond.
      agent: false,
      headers: { host: url.host, 'content-type': 'application/json', 'content-length': body.length, accept: 'text/event-stream', 'accept-encoding': 'identity' },
      signal,
    });
    outgoing.setNoDelay(true);
    outgoing.once('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => reject(signal.aborted ? cancelledError() : unreachable(error)));
    outgoing.end(body);
  });
}

async function refusal(response: IncomingMessage, signal: AbortSignal): Promise<WorkerError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > maxErrorBytes) break;
    }
  } catch {
    // The status says enough.
  }
  if (signal.aborted) return cancelledError();
  const error = classifyModelError({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') });
  return new WorkerError(error.class, error.message, error.hint, { status: response.statusCode, cause: error.cause });
}

function unreachable(error: NodeJS.ErrnoException): WorkerError {
  return new WorkerError('model_unreachable', `The way to the model is closed (${error.code ?? error.message}).`, 'Retry; if it stays closed, restart the gateway.');
}

function notMade(tool: string): string {
  return `The model wrote a call of ${tool} into its answer instead of making it; nothing was run. Ask it again, or choose a model that is trained for tools.`;
}

const callMissing =
  'The model server said that a tool was called, and sent no call; nothing was run. Ask again, or choose a model that is trained for tools.';

const filtered = 'A filter of the model server ended the answer at a tool call; nothing was run. Say it in other words, or choose another model.';

const squeeze = (text: string): string => text.replaceAll(/\s+/g, '');

/** The words of a message, which may be a list of pieces. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((piece: { readonly text?: unknown } | null) => (typeof piece?.text === 'string' ? piece.text : '')).join('\n');
}

/** Calls that share their id, name and arguments are one that its server repeated. */
function withoutRepeats(calls: readonly ModelToolCall[]): ModelToolCall[] {
  const isRepeatOf = (call: ModelToolCall, earlier: ModelToolCall): boolean =>
    call.id !== undefined && call.id === earlier.id && call.name === earlier.name && call.args === earlier.args;
  return calls.filter((call, at) => !calls.slice(0, at).some((earlier) => isRepeatOf(call, earlier)));
}

/** Puts an answer together from its events. */
class ReplyBuilder {
  readonly #call: ModelCall;
  readonly #calls = new Map<number, { id: string | undefined; name: string; args: string[] }>();
  readonly #holder = createSpokenHolder();
  #thinking = '';
  #chars = 0;
  #end: Extract<ChatStreamEvent, { kind: 'finish' }> | undefined;
  #kept: Extract<ChatStreamEvent, { kind: 'kept' }> | undefined;

  constructor(call: ModelCall) {
    this.#call = call;
  }

  /** Takes the events of one read; neighbours of one kind become one delta. A promise holds back the stream. */
  take(events: readonly ChatStreamEvent[]): Promise<void> | undefined {
    let behind: Promise<void> | undefined;
    for (let at = 0; at < events.length; at += 1) {
      const event = events[at];
      if (event?.kind !== 'text' && event?.kind !== 'thinking') {
        if (event !== undefined) this.#takeOther(event);
        continue;
      }
      const { kind } = event;
      let { text } = event;
      for (let next = events[at + 1]; next?.kind === kind; next = events[at + 1]) {
        text += next.text;
        at += 1;
      }
      this.#countIn(text);
      if (kind === 'thinking') this.#thinking += text;
      const shown = kind === 'text' ? this.#holder.push(text) : text;
      if (shown !== '') behind = this.#call.onDelta(kind, shown) ?? behind;
    }
    return behind;
  }

  #takeOther(event: Exclude<ChatStreamEvent, { kind: 'text' | 'thinking' }>): void {
    switch (event.kind) {
      case 'tool':
        return this.#takeTool(event);
      case 'usage':
        return undefined;
      case 'kept':
        this.#kept = event;
        return undefined;
      case 'finish':
        this.#end = event;
        return undefined;
      case 'error':
        this.release();
        throw new WorkerError(event.error.class, event.error.message, event.error.hint, { cause: event.error.cause });
    }
  }

  /** Gives out what was held of the text, up to a place or all of it. */
  release(end = Infinity): void {
    const held = this.#holder.whole().slice(this.#holder.given, end);
    if (held !== '') void this.#call.onDelta('text', held);
  }

  build(): ModelReply {
    const { finish, isThinkingOnly } = this.#end ?? { finish: 'unknown', isThinkingOnly: false };
    const kept = this.#kept !== undefined && Object.keys(this.#kept.message).length > 0 ? this.#kept.message : undefined;
    const reply = { text: this.#holder.whole(), thinking: this.#thinking, toolCalls: this.#toolCalls(), kept, finish, isThinkingOnly };
    // What a filter stopped is not what the model meant to do.
    if (reply.toolCalls.length > 0 && finish === 'filter') return this.#cut({ ...reply, toolCalls: [], notice: filtered }, this.#endBeforeCalls(reply));
    if (reply.toolCalls.length > 0) return this.#cut(reply, this.#endBeforeCalls(reply));
    // Thinking about a call is no call, unless nothing else came.
    const source = reply.text.trim() === '' ? 'thinking' : 'text';
    const reading = readSpokenCalls(reply[source], this.#call.toolNames);
    if (reading.kind === 'none') {
      // The server names a tool call as the reason for its end, and none came.
      const isMissing = finish === 'tool_calls' && this.#call.toolNames.length > 0;
      return this.#cut(isMissing ? { ...reply, notice: callMissing } : reply, endOfWords(reply.text));
    }
    if (reading.kind === 'unclear' || cutFinishes.has(finish) || this.#isQuoted(reply[source].slice(reading.start))) {
      this.release();
      return { ...reply, notice: notMade(reading.kind === 'unclear' ? reading.tool : (reading.calls[0]?.name ?? 'a tool')) };
    }
    const toolCalls = reading.calls.map(({ name, args }) => ({ id: undefined, name, args: settleArguments([args]) }));
    if (source === 'thinking') return { ...reply, toolCalls, isThinkingOnly: false };
    return { ...this.#cut(reply, reading.start), toolCalls };
  }

  /** The reply with its text up to a place, unless the rest was given out already. */
  #cut(reply: ModelReply, end: number): ModelReply {
    const place = Math.max(end, this.#holder.given);
    this.release(place);
    return { ...reply, text: reply.text.slice(0, place) };
  }

  /** Some servers leave in the text what they made calls of, or its beginning. */
  #endBeforeCalls({ text, toolCalls }: ModelReply): number {
    const { given } = this.#holder;
    if (isFraming(text.slice(given))) return given;
    const reading = readSpokenCalls(text, this.#call.toolNames);
    if (reading.kind !== 'calls') return endOfWords(text);
    const made = new Set(toolCalls.map(({ name, args }) => `${meantTool(name, this.#call.toolNames) ?? name} ${squeeze(args)}`));
    const isMade = reading.calls.every(({ name, args }) => made.has(`${name} ${squeeze(settleArguments([args]))}`));
    return isMade ? reading.start : text.length;
  }

  /** A call that stands so in what a tool or the person gave, such as a file or a pasted page, may be repeated from there, and is not the model's own. */
  #isQuoted(call: string): boolean {
    const squeezed = squeeze(call);
    return this.#call.messages.some((message) => {
      const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
      return (role === 'tool' || role === 'user') && squeeze(textOf(content)).includes(squeezed);
    });
  }

  #toolCalls(): ModelToolCall[] {
    const calls = [...this.#calls.entries()].toSorted(([a], [b]) => a - b);
    const withKept = calls.map(([index, call]) => ({ ...call, kept: this.#kept?.calls.get(index) }));
    const whole = joinSplitNames(withKept, this.#call.toolNames);
    return withoutRepeats(whole.map(({ id, name, args, kept }) => ({ id, name, args: settleArguments(args), kept })));
  }

  #countIn(text: string): void {
    this.#chars += text.length;
    if (this.#chars > maxReplyChars) throw new WorkerError('model_error', `The model sent more than ${maxReplyChars / 1_048_576} MiB in one answer.`, 'Retry, or choose another model.');
  }

  #takeTool(event: Extract<ChatStreamEvent, { kind: 'tool' }>): void {
    this.#countIn(event.args);
    const call = this.#calls.get(event.index) ?? { id: undefined, name: '', args: [] };
    this.#calls.set(event.index, { id: event.id ?? call.id, name: event.name ?? call.name, args: call.args });
    call.args.push(event.args);
  }
}
