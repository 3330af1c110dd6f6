import { Worker } from 'node:worker_threads';
import { AppError } from '../base/appError.ts';
import { createDeferred, type Deferred } from '../base/deferred.ts';
import type { OperationName } from './operationModes.ts';
import { threadEndedError, uncopiedError } from './storeErrors.ts';
import type { Call, FromThread, ThreadStart, ToThread } from './threadMessages.ts';

/** More calls than this wait for the next batch, so that one flood does not keep everyone in one long transaction. */
const maxBatchCalls = 256;

interface Waiting {
  readonly call: Call;
  readonly answer: Deferred<unknown>;
}

interface LaneOptions {
  readonly threadUrl: URL | string;
  readonly start: ThreadStart;
  /** Hears what the thread says beside its results. */
  onMessage(message: FromThread): void;
  /** Told once when a thread that was ready ends by itself, after everything in flight was rejected. */
  onEnd(cause: unknown): void;
}

/**
 * The calling side of one store thread. One batch is under way at a time; what is asked meanwhile goes along in the next,
 * which is what makes a group of them. Calls are carried out in the order in which they were made.
 */
export class ThreadLane {
  readonly #worker: Worker;
  readonly #options: LaneOptions;
  readonly #ready = createDeferred<void>();
  readonly #closed = createDeferred<void>();
  #queue: Waiting[] = [];
  #underWay: readonly Waiting[] | undefined;
  #isReady = false;
  #isFlushPlanned = false;
  #isClosing = false;
  #endedBy: AppError | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    // A lane that fails before anyone waits for it must not end the process.
    this.#ready.promise.catch(() => undefined);
    this.#worker = new Worker(options.threadUrl, { workerData: options.start, name: `store-${options.start.role}` });
    this.#worker.on('message', (message: FromThread) => this.#receive(message));
    this.#worker.on('messageerror', () => this.#settle([]));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(undefined));
  }

  /** Settles when the database is open, or rejects with why it is not. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Asks the thread to carry out one operation. */
  call(name: OperationName, input: unknown): Promise<unknown> {
    if (this.#endedBy !== undefined) return Promise.reject(this.#endedBy);
    const answer = createDeferred<unknown>();
    this.#queue.push({ call: { name, input }, answer });
    this.#planFlush();
    return answer.promise;
  }

  /** Has the reader copy the log into the database. */
  checkpoint(): void {
    void this.#ready.promise.then(
      () => this.#post({ kind: 'checkpoint' }),
      () => undefined,
    );
  }

  /** Carries out what is queued, then ends the thread. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#flush();
    await this.#closed.promise;
  }

  /** Ends the thread at once; what is in flight, and whatever is asked later, is rejected with this error. */
  async abandon(error: AppError): Promise<void> {
    this.#isClosing = true;
    this.#end(error);
    await this.#worker.terminate();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned || this.#underWay !== undefined || !this.#isReady) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#underWay !== undefined || !this.#isReady) return;
    if (this.#queue.length === 0) {
      if (this.#isClosing) this.#post({ kind: 'close' });
      return;
    }
    this.#underWay = this.#queue.length <= maxBatchCalls ? this.#queue : this.#queue.slice(0, maxBatchCalls);
    this.#queue = this.#queue.slice(this.#underWay.length);
    try {
      this.#post({ kind: 'batch', calls: this.#underWay.map(({ call }) => call) });
    } catch (error) {
      // What cannot be copied to the thread is an error of its caller, but nobody knows which: none of them was carried out.
      const failed = this.#underWay;
      this.#underWay = undefined;
      for (const { answer } of failed) answer.reject(error);
      this.#planFlush();
    }
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#ready.resolve();
        return this.#flush();
      case 'failed':
        return this.#end(AppError.fromInfo(message.error));
      case 'results':
        return this.#settle(message.results);
      default:
        return this.#options.onMessage(message);
    }
  }

  #settle(results: Extract<FromThread, { kind: 'results' }>['results']): void {
    const settled = this.#underWay ?? [];
    this.#underWay = undefined;
    // The next batch goes off before this one is told about, so that the thread works while its callers go on.
    this.#flush();
    settled.forEach(({ answer }, index) => {
      const result = results[index];
      if (result === undefined) answer.reject(uncopiedError());
      else if ('error' in result) answer.reject(AppError.fromInfo(result.error));
      else answer.resolve(result.value);
    });
  }

  #end(cause: unknown): void {
    this.#closed.resolve();
    if (this.#endedBy !== undefined) return;
    const error = cause instanceof AppError ? cause : threadEndedError(cause);
    this.#endedBy = error;
    this.#ready.reject(error);
    for (const { answer } of [...(this.#underWay ?? []), ...this.#queue]) answer.reject(error);
    this.#underWay = undefined;
    this.#queue = [];
    if (!this.#isClosing && this.#isReady) this.#options.onEnd(cause);
  }
}
