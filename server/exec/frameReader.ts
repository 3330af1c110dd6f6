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
}

/** Frames that wait for a slow reader; above it the worker's stdout is not read, so that the worker waits. */
const maxWaitingBytes = 4 * 1_048_576;

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

  #take(line: string): void {
    if (this.#busy === undefined) {
      const pending = this.#handle(line);
      if (pending !== undefined) this.#busy = this.#drainAfter(pending);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (this.#waitingBytes > maxWaitingBytes) this.#stdout.pause();
  }

  async #drainAfter(pending: Promise<void>): Promise<void> {
    await pending;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      for (const line of lines) {
        this.#waitingBytes -= line.length;
        if (this.#stdout.isPaused() && this.#waitingBytes < maxWaitingBytes / 2) this.#stdout.resume();
        await this.#handle(line);
      }
    }
    this.#busy = undefined;
  }

  #handle(line: string): Promise<void> | undefined {
    if (line.trim() === '') return undefined;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      this.#handlers.onBadLine('it is not JSON', line);
      return undefined;
    }
    const parsed = Frame.safeParse(value);
    if (parsed.success) return this.#handlers.onFrame(parsed.data) ?? undefined;
    const issue = parsed.error.issues[0];
    this.#handlers.onBadLine(issue === undefined ? 'it is no frame' : `${issue.path.join('.') || 'frame'}: ${issue.message}`, line);
    return undefined;
  }
}
