import fs from 'node:fs';
import type { Writable } from 'node:stream';
import type { Frame } from '../../server/protocol/worker.ts';
import { cutMiddle } from './tools/middleCut.ts';

/** Frames above 1 MiB end the task, so none is written above this, newline included. */
const maxLineBytes = 1_000_000;
/** A piece of text that stays below the cap even when every character is escaped. */
const pieceChars = 128 * 1024;

/** Writes frames to stdout, one JSON object a line, and never one above the cap: longer texts are split, outputs cut. */
export class FrameWriter {
  readonly #out: Writable;
  #descriptor: number | undefined;

  /** `descriptor` is that of `out`, when it has one that does not block: what fits into it is written there at once, without the stream's own bookkeeping. */
  constructor(out: Writable, descriptor?: number) {
    this.#out = out;
    this.#descriptor = descriptor;
  }

  /** Writes at once; when the reader is behind, the caller awaits `drained` before it makes more. */
  write(frame: Frame): void {
    for (const part of fitFrame(frame)) this.#put(part);
  }

  /** What the descriptor does not take goes through the stream, and all that follows until that has left: it waits there, and tells of errors. */
  #put(line: string): void {
    const bytes = Buffer.from(line);
    const taken = this.#descriptor === undefined || this.#out.writableLength > 0 ? 0 : this.#tryPut(this.#descriptor, bytes);
    if (taken < bytes.length) this.#out.write(taken === 0 ? bytes : bytes.subarray(taken));
  }

  #tryPut(descriptor: number, bytes: Buffer): number {
    try {
      return fs.writeSync(descriptor, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#descriptor = undefined;
      return 0;
    }
  }

  /** Whether more is waiting than the pipe takes. */
  get isBehind(): boolean {
    return this.#out.writableNeedDrain;
  }

  /** Resolves when the reader has caught up, or is gone. */
  async drained(): Promise<void> {
    if (!this.isBehind) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const name of ['drain', 'close', 'error']) this.#out.off(name, done);
        resolve();
      };
      for (const name of ['drain', 'close', 'error']) this.#out.on(name, done);
    });
  }

  /** Resolves when all that was written has left, or cannot. */
  async flush(): Promise<void> {
    if (this.#out.destroyed) return;
    await new Promise<void>((resolve) => this.#out.write('', () => resolve()));
  }
}

/** The lines of a frame: one, unless its text has to be split. */
export function fitFrame(frame: Frame): string[] {
  const line = encode(frame);
  // A UTF-16 unit takes at most three bytes.
  if (line.length * 3 <= maxLineBytes || Buffer.byteLength(line) <= maxLineBytes) return [line];
  switch (frame.frame) {
    case 'text':
    case 'thinking':
    case 'tool_output':
      return splitText(frame.text).map((text) => encode({ ...frame, text }));
    case 'tool_start': {
      const { kept, ...start } = { ...frame, args: shortenArgs(frame.args) };
      const whole = encode(kept === undefined ? start : { ...start, kept });
      return [Buffer.byteLength(whole) <= maxLineBytes || kept === undefined ? whole : encode({ ...start, kept: { step: kept.step } })];
    }
    case 'tool_end': {
      const { text, cutBytes } = cutMiddle(frame.output, pieceChars);
      return [encode({ ...frame, output: text, truncatedBytes: (frame.truncatedBytes ?? 0) + cutBytes })];
    }
    case 'result':
      return [encode({ ...frame, text: cutMiddle(frame.text, pieceChars).text })];
    default:
      return [];
  }
}

const encode = (frame: Frame): string => `${JSON.stringify(frame)}\n`;

function splitText(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + pieceChars);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** Arguments for the row: long texts are cut, and what is not plain text is shown as JSON. */
function shortenArgs(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(args).slice(0, 20);
  const limit = Math.floor(pieceChars / Math.max(1, entries.length));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, 100), cutMiddle(typeof value === 'string' ? value : JSON.stringify(value), limit).text]));
}
