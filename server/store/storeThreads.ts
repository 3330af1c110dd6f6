import type { AppError } from '../base/appError.ts';
import type { Logger } from '../log/logger.ts';
import { runsOnReader, type OperationName } from './operationModes.ts';
import { corruptError, threadEndedError } from './storeErrors.ts';
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
  /** Under way while the threads are ended and started again; calls wait for it. */
  #replacing: Promise<void> | undefined;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#writer = this.#startWriter(false);
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
    if (this.#replacing !== undefined) return this.#replacing.then(() => this.call(name, input));
    return (runsOnReader(name) ? this.#needReader() : this.#writer).call(name, input);
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#replacing;
    await this.#reader?.close();
    await this.#writer.close();
  }

  #startWriter(isCorrupt: boolean): ThreadLane {
    this.#writerStartedAt = performance.now();
    return this.#startLane('writer', isCorrupt, (cause) => this.#restartWriter(cause));
  }

  #needReader(): ThreadLane {
    return (this.#reader ??= this.#startLane('reader', false, (cause) => {
      // The next read starts another one.
      this.#reader = undefined;
      this.#options.logger.error('The reading thread of the store ended.', { data: { cause: String(cause) } });
    }));
  }

  #startLane(role: 'writer' | 'reader', isCorrupt: boolean, onEnd: (cause: unknown) => void): ThreadLane {
    const { path, threadUrl, busyTimeoutMs } = this.#options;
    const lane: ThreadLane = new ThreadLane({
      threadUrl,
      start: { role, path, busyTimeoutMs, isCorrupt },
      // What a lane that was replaced still has to say concerns nobody.
      onMessage: (message) => (lane === this.#writer || lane === this.#reader ? this.#hear(message) : undefined),
      onEnd,
    });
    return lane;
  }

  #restartWriter(cause: unknown): void {
    const hasLived = performance.now() - this.#writerStartedAt > minLifeMs;
    const isLast = this.#isDisposed || (this.#isRestarted && !hasLived);
    this.#options.logger.error(
      isLast
        ? 'The writing thread of the store ended and stays ended.'
        : 'The writing thread of the store ended and is started again.',
      { data: { cause: String(cause) } },
    );
    if (isLast) return;
    this.#isRestarted = true;
    this.#replaceThreads(threadEndedError(cause), false);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'log':
        return this.#options.logger.log(message.level, message.text);
      case 'corrupt':
        return this.#replaceThreads(corruptError('found_in_use'), true);
      case 'longLog':
        return this.#isDisposed ? undefined : this.#needReader().checkpoint();
      case 'recovered':
        this.#recoveredFrom = message.movedTo;
        return this.#options.logger.error(
          `The database could not be read and was moved to ${message.movedTo}; a fresh one is in its place.`,
          { data: { cause: message.cause } },
        );
      default:
        return undefined;
    }
  }

  /**
   * Ends both threads and starts the writer again. No connection may be open meanwhile: the last one to close deletes the log by its name,
   * which by then could be the log of another database.
   */
  #replaceThreads(error: AppError, isCorrupt: boolean): void {
    if (this.#replacing !== undefined) return;
    const lanes = [this.#writer, this.#reader];
    this.#reader = undefined;
    this.#replacing = Promise.all(lanes.map(async (lane) => await lane?.abandon(error))).then(() => {
      this.#replacing = undefined;
      if (!this.#isDisposed) this.#writer = this.#startWriter(isCorrupt);
    });
  }
}
