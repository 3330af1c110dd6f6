import type http from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import zlib from 'node:zlib';
import type { ChatStreamEvent } from '../inference/wire/chatStreamEvent.ts';
import { createChatStreamReader } from '../inference/wire/chatStream.ts';
import { brokenWire } from '../inference/wire/modelErrors.ts';
import type { ModelRoute } from '../inference/route.ts';
import type { HttpResponse } from '../net/http.ts';
import type { CallMeter } from './callMeter.ts';
import type { CallStop, CallTimers } from './callTimers.ts';
import { asStream } from './asStream.ts';
import type { KeyBlanker } from './keyBlanker.ts';

/** A call whose upstream has begun to answer. */
export interface AnsweringCall {
  readonly upstream: HttpResponse;
  readonly response: http.ServerResponse;
  readonly route: Pick<ModelRoute, 'think' | 'serverName'>;
  readonly timers: CallTimers;
  readonly meter: CallMeter;
  readonly blanker: KeyBlanker;
}

/** How a relayed stream ended: by the model's own closing event, or by a stop. */
export type RelayEnd = Extract<ChatStreamEvent, { kind: 'finish' | 'error' }> | { readonly kind: 'stopped'; readonly stop: CallStop };

/** So long a connection may linger after the end of its stream before it is closed instead of kept. */
const lingerMs = 250;

const streamHead = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' };

/**
 * Passes the bytes of a stream on as they come, and only then reads them. A body that is no stream is held back to its end, so that an
 * error or a foreign page inside a 200 answer is told as what it is. Ends the response only after a good end.
 */
export function relayStream({ upstream, response, route, timers, meter, blanker }: AnsweringCall): Promise<RelayEnd> {
  const body = decode(upstream);
  const reader = createChatStreamReader({ think: route.think, contentType: upstream.headers['content-type'], server: route.serverName });
  const held: Buffer[] = [];
  const { signal } = timers;

  const sendHead = (): void => {
    if (response.headersSent || response.destroyed) return;
    response.writeHead(200, streamHead);
  };
  const flushHead = setImmediate(() => {
    if (!(reader.isStream ?? upstream.headers['content-type']?.includes('text/event-stream'))) return;
    sendHead();
    response.flushHeaders();
  });

  function pass(chunk: Buffer): void {
    sendHead();
    if (response.write(chunk) || response.destroyed) return;
    body.pause();
    timers.pause();
    response.once('drain', () => {
      body.resume();
      timers.resume();
    });
  }

  return new Promise((resolve) => {
    const settle = (end: RelayEnd): void => {
      clearImmediate(flushHead);
      signal.removeEventListener('abort', onStop);
      body.off('data', onData);
      release(body, signal.aborted);
      if (end.kind === 'finish') {
        if (reader.isStream !== true) pass(asStream(Buffer.concat(held)));
        response.end();
      }
      resolve(end);
    };

    /** Nothing that a server sends may end the gateway: an error within a stream's own callbacks would be nobody's. */
    const guarded = <T extends unknown[]>(act: (...given: T) => void) => (...given: T): void => {
      try {
        act(...given);
      } catch {
        settle({ kind: 'error', error: brokenWire(route.serverName, 'malformed_stream') });
      }
    };

    const take = (events: readonly ChatStreamEvent[]): void => {
      meter.take(events);
      if (meter.hasToken) timers.sawToken();
      const last = events.at(-1);
      if (last?.kind === 'finish' || last?.kind === 'error') settle(last);
    };

    const onData = guarded((piece: Buffer): void => {
      timers.touch();
      takeBytes(blanker.bytes(piece));
    });

    const takeBytes = (chunk: Buffer): void => {
      if (chunk.length === 0) return;
      if (reader.isStream === true) pass(chunk);
      else held.push(chunk);
      const events = reader.push(chunk);
      if (reader.isStream === true) for (const early of held.splice(0)) pass(early);
      take(events);
    };

    /** A model that had named its finish reason is done, even when its server then says nothing more. */
    const onStop = guarded((): void => {
      const stop = signal.reason as CallStop;
      if (stop.kind === 'timeout' && reader.hasFinish) return take(reader.end());
      meter.take(reader.end());
      settle({ kind: 'stopped', stop });
    });

    signal.addEventListener('abort', onStop, { once: true });
    body.on('data', onData);
    body.once('end', guarded(() => {
      takeBytes(blanker.rest());
      take(reader.end());
    }));
    body.once('error', guarded(() => {
      if (!signal.aborted) take(reader.abort());
    }));
    if (signal.aborted) onStop();
  });
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
