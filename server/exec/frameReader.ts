import type { Readable } from 'node:stream';
import { LineSplitter } from '../process/lines.ts';
import { Frame, maxFrameBytes } from '../protocol/worker.ts';

/** Who gets what a worker writes. */
export interface FrameHandlers {
  /** One valid frame, in order; a promise holds back those after it. Must not throw or reject. */
  onFrame(frame: Frame): void | Promise<void>;
  /** A line that is no frame, with the reason in words; it is ignored. */
  onBadLine(reason: string, line: string): void;
  /** A line above the cap; nothing is read after it. */
  onTooLong(): void;
  /** More lines that are no frames than any program means; nothing is read after them. */
  onNoise(): void;
}

/** Refusing a line costs more than taking one, so a flood of them would keep everybody else waiting. */
const maxBadLines = 10_000;
const maxBadBytes = 16 * 1_048_576;

/** Frames that wait for a slow reader; above it the worker's stdout is not read, so that the worker waits. */
const maxWaitingBytes = 4 * 1_048_576;
/** What a line takes beside its text. */
const bytesOfLine = 32;

/** Reads frames from a worker's stdout. All of it is hostile: nothing here throws, and the memory that it holds is bounded. */
export class FrameReader {
  /** Resolves when stdout has closed and every frame was handled. */
  readonly finished: Promise<void>;
  readonly #stdout: Readable;
  readonly #handlers: FrameHandlers;
  readonly #splitter: LineSplitter;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #busy: Promise<void> | undefined;
  #badLines = 0;
  #badBytes = 0;

  constructor(stdout: Readable, handlers: FrameHandlers) {
    this.#stdout = stdout;
    this.#handlers = handlers;
    this.#splitter = new LineSplitter(maxFrameBytes, {
      onLine: (line) => this.#take(line),
      onTooLong: () => handlers.onTooLong(),
    });
    stdout.on('error', () => undefined);
    stdout.on('data', (chunk: Buffer) => this.#splitter.push(chunk));
    this.finished = new Promise((resolve) => {
      const finish = (): void => {
        this.#splitter.end();
        resolve(this.#busy);
      };
      if (stdout.closed) finish();
      else stdout.once('close', finish);
    });
  }

  /** Stops reading: what has not arrived is lost. */
  abandon(): void {
    this.#stdout.destroy();
  }

  get #isNoise(): boolean {
    return this.#badLines > maxBadLines || this.#badBytes > maxBadBytes;
  }

  #take(line: string): void {
    if (this.#isNoise) return;
    if (this.#busy === undefined) {
      const pending = this.#handle(line);
      if (pending !== undefined) this.#busy = this.#drainAfter(pending);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length + bytesOfLine;
    if (this.#waitingBytes > maxWaitingBytes) this.#stdout.pause();
  }

  async #drainAfter(pending: Promise<void>): Promise<void> {
    await pending;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      for (const line of lines) {
        this.#waitingBytes -= line.length + bytesOfLine;
        if (this.#stdout.isPaused() && this.#waitingBytes < maxWaitingBytes / 2) this.#stdout.resume();
        await this.#handle(line);
      }
    }
    this.#busy = undefined;
  }

  #handle(line: string): Promise<void> | undefined {
    if (line.trim() === '') return this.#refuse(undefined, line);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return this.#refuse('it is not JSON', line);
    }
    const parsed = Frame.safeParse(value);
    if (parsed.success) return this.#handlers.onFrame(parsed.data) ?? undefined;
    const issue = parsed.error.issues[0];
    return this.#refuse(issue === undefined ? 'it is no frame' : `${issue.path.join('.') || 'frame'}: ${issue.message}`, line);
  }

  /** Counts a line that is no frame; one without a reason is not worth a word. */
  #refuse(reason: string | undefined, line: string): undefined {
    if (this.#isNoise) return;
    this.#badLines += 1;
    this.#badBytes += line.length;
    if (reason !== undefined) this.#handlers.onBadLine(reason, line);
    if (!this.#isNoise) return;
    this.#handlers.onNoise();
    this.abandon();
  }
}
