import type { Logger } from '../log/logger.ts';
import { operationModes, type OperationName } from './operationModes.ts';
import { threadEndedError } from './storeErrors.ts';
import { ThreadLane } from './threadLane.ts';
import type { FromThread } from './threadMessages.ts';

/** A thread that died is started again, but not one that dies sooner than this after its start. */
const minLifeMs = 60_000;

interface ThreadsOptions {
  readonly path: string;
  readonly threadUrl: URL | string;
  readonly busyTimeoutMs: number;
  readonly logger: Logger;
}

/** The writer and the reader of one database: starts them, starts them again once when they die, and sends each operation to its side. */
export class StoreThreads {
  readonly #options: ThreadsOptions;
  #writer: ThreadLane;
  #reader: ThreadLane | undefined;
  #writerStartedAt = 0;
  #isRestarted = false;
  #isDisposed = false;
  #recoveredFrom: string | undefined;
  /** How many databases this writer has replaced, and the one for which a reader asked for that. */
  #generation = 0;
  #askedRecovery: number | undefined;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#writer = this.#startWriter();
  }

  get recoveredFrom(): string | undefined {
    return this.#recoveredFrom;
  }

  /** Waits until the database is open; when it cannot be, the thread is gone again. */
  async open(): Promise<void> {
    try {
      await this.#writer.ready;
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  /** Carries out one operation on its side. */
  call(name: OperationName, input: unknown): Promise<unknown> {
    if (this.#isDisposed) return Promise.reject(threadEndedError('disposed'));
    const lane = operationModes[name] === 'read' ? (this.#reader ??= this.#startReader()) : this.#writer;
    return lane.call(name, input);
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#reader?.close();
    await this.#writer.close();
  }

  #startWriter(): ThreadLane {
    this.#writerStartedAt = performance.now();
    return this.#startLane('writer', (cause) => this.#restartWriter(cause));
  }

  #startReader(): ThreadLane {
    return this.#startLane('reader', (cause) => {
      // The next read starts another one.
      this.#reader = undefined;
      this.#options.logger.error('The reading thread of the store ended.', { data: { cause: String(cause) } });
    });
  }

  #startLane(role: 'writer' | 'reader', onEnd: (cause: unknown) => void): ThreadLane {
    const { path, threadUrl, busyTimeoutMs } = this.#options;
    const lane: ThreadLane = new ThreadLane({
      threadUrl,
      start: { role, path, busyTimeoutMs },
      // What a lane that was replaced still has to say concerns nobody.
      onMessage: (message) => (lane === this.#writer || lane === this.#reader ? this.#hear(message) : undefined),
      onEnd,
    });
    return lane;
  }

  #restartWriter(cause: unknown): void {
    const hasLived = performance.now() - this.#writerStartedAt > minLifeMs;
    const isLast = this.#isDisposed || (this.#isRestarted && !hasLived);
    this.#options.logger.error(isLast ? 'The writing thread of the store ended and stays ended.' : 'The writing thread of the store ended and is started again.', { data: { cause: String(cause) } });
    if (isLast) return;
    this.#isRestarted = true;
    this.#generation = 0;
    this.#askedRecovery = undefined;
    this.#writer = this.#startWriter();
    this.#dropReader();
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'log':
        return this.#options.logger.log(message.level, message.text);
      case 'corrupt':
        return this.#askRecovery();
      case 'recovered':
        this.#recoveredFrom = message.movedTo;
        this.#generation += 1;
        this.#options.logger.error(`The database could not be read and was moved to ${message.movedTo}; a fresh one is in its place.`, { data: { cause: message.cause } });
        return this.#dropReader();
      default:
        return undefined;
    }
  }

  /** Once per database: a second reader may find the same before the writer has acted. */
  #askRecovery(): void {
    if (this.#askedRecovery === this.#generation) return;
    this.#askedRecovery = this.#generation;
    this.#writer.recover(this.#generation);
  }

  /** A reader that was open on the old file would go on reading it. */
  #dropReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    void reader?.terminate();
  }
}
