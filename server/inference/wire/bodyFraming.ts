import { createEventLines } from './eventLines.ts';
import { sniffBody, type BodyKind } from './sniffBody.ts';
import type { StrayLine } from './strayLines.ts';

/** Largest event and largest body without framing, in UTF-16 code units. */
export const maxEventLength = 8 * 1_048_576;

/** White space before the first character of a body: some servers send it while they work, so that the connection is kept. */
const maxLeadingLength = 262_144;

/** A page of something else is read no further than this. */
const maxForeignLength = 20_000;

/** Short pieces are joined so many at a time: kept apart, those of a body that comes character by character would cost a hundred times their size. */
const maxPieces = 1024;
const shortLength = 1024;

/** Who takes what a body holds. */
export interface FramingSink {
  /** One server-sent event. */
  onEvent(name: string | undefined, data: string): void;
  /** Something between the events that is no field of them. */
  onStray(line: StrayLine): void;
  /** A whole body that is not server-sent events: JSON, or a foreign page of which the start suffices. */
  onBody(kind: 'json' | 'foreign' | 'empty', body: string): void;
  onTooLarge(): void;
}

/** Turns the bytes of a body, cut anywhere, into events, or into the body as a whole when it is none of events. */
export interface BodyFraming {
  push(bytes: Uint8Array): void;
  /** The body is over: an event without its blank line is given, and a body without framing. */
  end(): void;
  /** Whether the body is of events; undefined while that is not known. */
  readonly isStream: boolean | undefined;
}

/** Makes a BodyFraming; `contentType` is a hint only. */
export function createBodyFraming(contentType: string | undefined, sink: FramingSink): BodyFraming {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  const unframed: string[] = [];
  let unframedLength = 0;
  let leadingLength = 0;
  let kind: BodyKind | 'ended' = 'undecided';
  let isStream: boolean | undefined;

  const lines = createEventLines(maxEventLength, { ...sink, onTooLarge: overflow });

  function overflow(): void {
    kind = 'ended';
    pieces.length = 0;
    unframed.length = 0;
    sink.onTooLarge();
  }

  function feed(text: string): void {
    if (text === '' || kind === 'ended') return;
    pieces.push(text);
    if (kind === 'sse') return feedEvents(text.length >= shortLength || /[\r\n]/.test(text));
    unframedLength += text.length;
    if (kind === 'undecided' || pieces.length >= maxPieces) unframed.push(pieces.splice(0).join(''));
    if (kind === 'undecided') decide();
    if (kind === 'foreign' && unframedLength > maxForeignLength) endUnframed();
    if (unframedLength > maxEventLength) overflow();
  }

  /** A piece without the end of a line completes no event, so that it may wait. */
  function feedEvents(isUrgent: boolean): void {
    if (isUrgent || pieces.length >= maxPieces) lines.push(pieces.splice(0).join(''));
  }

  function decide(): void {
    const start = unframed.join('').trimStart();
    leadingLength += unframedLength - start.length;
    unframed.splice(0, unframed.length, start);
    unframedLength = start.length;
    if (leadingLength > maxLeadingLength) return overflow();
    kind = sniffBody(start, contentType);
    if (kind !== 'undecided') isStream = kind === 'sse';
    if (kind !== 'sse') return;
    unframed.length = 0;
    unframedLength = 0;
    lines.push(start);
  }

  function endUnframed(): void {
    const body = unframed.join('') + pieces.splice(0).join('');
    const found = kind === 'json' ? 'json' : 'foreign';
    kind = 'ended';
    unframed.length = 0;
    sink.onBody(body === '' ? 'empty' : found, body);
  }

  return {
    push: (bytes) => feed(decoder.decode(bytes, { stream: true })),
    end() {
      feed(decoder.decode());
      if (kind === 'sse') {
        lines.push(pieces.splice(0).join(''));
        lines.end();
      } else if (kind !== 'ended') endUnframed();
      kind = 'ended';
    },
    get isStream() {
      return isStream;
    },
  };
}
