import type http from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import { HeldBytes } from '../base/heldBytes.ts';
import type { ChatStreamEvent } from '../inference/wire/chatStreamEvent.ts';
import { createChatStreamReader } from '../inference/wire/chatStream.ts';
import { keptNames } from '../inference/wire/calls/keptMembers.ts';
import { brokenWire } from '../inference/wire/modelErrors.ts';
import type { ModelRoute } from '../inference/route.ts';
import type { HttpResponse } from '../net/http.ts';
import type { CallMeter } from './callMeter.ts';
import type { CallStop, CallTimers } from './callTimers.ts';
import { asStream } from './asStream.ts';
import type { KeyBlanker } from '../net/keyBlanker.ts';

/** A call whose upstream has begun to answer. */
export interface AnsweringCall {
  readonly upstream: HttpResponse;
  readonly response: http.ServerResponse;
  readonly route: Pick<ModelRoute, 'think' | 'serverName'>;
  readonly timers: CallTimers;
  readonly meter: CallMeter;
  readonly blanker: KeyBlanker;
  /** Takes the names of members that the server puts into its messages and calls, and so may get back. */
  readonly onMembers: (names: readonly string[]) => void;
}

/** How a relayed stream ended: by the model's own closing event, or by a stop. */
export type RelayEnd = Extract<ChatStreamEvent, { kind: 'finish' | 'error' }> | { readonly kind: 'stopped'; readonly stop: CallStop };

/** A body that is no stream, and what stands before the first event of one, may be so long; a body that is packed is counted unpacked. */
const maxHeldBytes = 8 * 1_048_576;
/** So long a connection may linger after the end of its stream before it is closed instead of kept. */
const lingerMs = 250;

const streamHead = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' };

/**
 * Passes the bytes of a stream on as they come, and only then reads them. A body that is no stream is held back to its end, so that an
 * error or a foreign page inside a 200 answer is told as what it is. Ends the response only after a good end.
 */
export function relayStream(call: AnsweringCall): Promise<RelayEnd> {
  return new StreamRelay(call).run();
}

class StreamRelay {
  readonly #call: AnsweringCall;
  readonly #body: Readable;
  readonly #reader: ReturnType<typeof createChatStreamReader>;
  readonly #held = new HeldBytes(maxHeldBytes);
  readonly #end = Promise.withResolvers<RelayEnd>();
  readonly #flushHead: NodeJS.Immediate;

  constructor(call: AnsweringCall) {
    const { upstream, route } = call;
    this.#call = call;
    this.#body = decode(upstream);
    this.#reader = createChatStreamReader({ think: route.think, contentType: upstream.headers['content-type'], server: route.serverName, isKeeping: false });
    this.#flushHead = setImmediate(() => this.#sendHeadEarly());
  }

  run(): Promise<RelayEnd> {
    const { signal } = this.#call.timers;
    signal.addEventListener('abort', this.#onStop, { once: true });
    this.#body.on('data', this.#onData);
    this.#body.once('end', this.#guarded(() => {
      this.#takeBytes(this.#call.blanker.rest());
      this.#take(this.#reader.end());
    }));
    this.#body.once('error', this.#guarded(() => {
      if (!signal.aborted) this.#take(this.#reader.abort());
    }));
    if (signal.aborted) this.#onStop();
    return this.#end.promise;
  }

  /** Nothing that a server sends may end the gateway: an error within a stream's own callbacks would be nobody's. */
  #guarded<T extends unknown[]>(act: (...given: T) => void): (...given: T) => void {
    return (...given) => {
      try {
        act(...given);
      } catch {
        this.#settle({ kind: 'error', error: brokenWire(this.#call.route.serverName, 'malformed_stream') });
      }
    };
  }

  readonly #onData = this.#guarded((piece: Buffer): void => {
    this.#call.timers.touch();
    this.#takeBytes(this.#call.blanker.bytes(piece));
  });

  /** A model that had named its finish reason is done, even when its server then says nothing more. */
  readonly #onStop = this.#guarded((): void => {
    const { timers, meter } = this.#call;
    const stop = timers.signal.reason as CallStop;
    if (stop.kind === 'timeout' && this.#reader.hasFinish) return this.#take(this.#reader.end());
    meter.take(this.#reader.end());
    this.#settle({ kind: 'stopped', stop });
  });

  #takeBytes(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#reader.isStream === true) this.#pass(chunk);
    else if (!this.#held.add(chunk)) return this.#settle({ kind: 'error', error: brokenWire(this.#call.route.serverName, 'event_too_large') });
    const events = this.#reader.push(chunk);
    if (this.#reader.isStream === true && this.#held.length > 0) this.#pass(this.#held.take());
    this.#take(events);
  }

  #take(events: readonly ChatStreamEvent[]): void {
    const { timers, meter } = this.#call;
    meter.take(events);
    if (meter.hasToken) timers.sawToken();
    for (const event of events) if (event.kind === 'kept') this.#call.onMembers(keptNames(event.message, event.calls.values()));
    const last = events.at(-1);
    if (last?.kind === 'finish' || last?.kind === 'error') this.#settle(last);
  }

  #settle(end: RelayEnd): void {
    const { response, timers } = this.#call;
    clearImmediate(this.#flushHead);
    timers.signal.removeEventListener('abort', this.#onStop);
    this.#body.off('data', this.#onData);
    release(this.#body, timers.signal.aborted);
    if (end.kind === 'finish') {
      if (this.#reader.isStream !== true) this.#pass(asStream(this.#held.take()));
      response.end();
    }
    this.#end.resolve(end);
  }

  #pass(chunk: Buffer): void {
    const { response, timers } = this.#call;
    this.#sendHead();
    if (response.write(chunk) || response.destroyed) return;
    this.#body.pause();
    timers.pause();
    response.once('drain', () => {
      this.#body.resume();
      timers.resume();
    });
  }

  /** What says of itself that it is a stream has its head passed on before its first byte. */
  #sendHeadEarly(): void {
    if (!(this.#reader.isStream ?? this.#call.upstream.headers['content-type']?.includes('text/event-stream'))) return;
    this.#sendHead();
    this.#call.response.flushHeaders();
  }

  #sendHead(): void {
    const { response } = this.#call;
    if (!response.headersSent && !response.destroyed) response.writeHead(200, streamHead);
  }
}

/** A stream that was compressed although it was not asked for is unpacked as it comes. */
function decode({ headers, body }: HttpResponse): Readable {
  const options = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  const encoding = headers['content-encoding']?.toLowerCase();
  if (encoding === 'gzip' || encoding === 'deflate') return pipeline(body, zlib.createUnzip(options), () => undefined);
  if (encoding === 'br') return pipeline(body, zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }), () => undefined);
  return body;
}

/** Lets a stream that is at its end run out, so that its connection is kept; any other is closed. */
function release(body: Readable, isStopped: boolean): void {
  if (body.readableEnded || body.destroyed) return;
  body.on('error', () => undefined);
  if (isStopped) return void body.destroy();
  const timer = setTimeout(() => body.destroy(), lingerMs);
  body.once('close', () => clearTimeout(timer));
  body.resume();
}
