import path from 'node:path';
import type { InferenceSocket, OpenInferenceSocket } from '../egress/inferenceSocket.ts';
import type { LogContext, LoggerOf } from '../log/logger.ts';
import { LineSplitter } from '../process/lines.ts';
import type { Frame } from '../protocol/worker.ts';
import type { PreparedSandbox, SandboxEngine, SandboxExit, SandboxProcess } from '../sandboxes/engine.ts';
import { CappedLog, clip } from './cappedLog.ts';
import type { Clock } from './clock.ts';
import { FrameReader } from './frameReader.ts';

/** The sandbox that a worker is started in. */
export interface WorkerTarget {
  readonly sandbox: PreparedSandbox;
  readonly engine: SandboxEngine;
}

/** What starting a worker needs from outside. */
export interface WorkerDeps {
  readonly openInferenceSocket: OpenInferenceSocket;
  readonly loggerOf: LoggerOf;
  readonly clock: Clock;
}

/** Who listens to a worker once it has a task. */
export interface WorkerListener {
  onFrame(frame: Frame): void | Promise<void>;
  onTooLong(): void;
  onNoise(): void;
}

/** After the exit of the process its stdout may still close for this long. */
const closeGraceMs = 500;
const maxStderrLineBytes = 16_384;
const tailLines = 20;

/** One worker process with the socket that is its alone, its pipes read from the first byte on. */
export class StartedWorker {
  /** Resolves when the process is gone and all that it wrote was handled. */
  readonly ended: Promise<SandboxExit>;
  readonly socket: InferenceSocket;
  readonly process: SandboxProcess;
  /** What the log lines of this worker are about. */
  about: LogContext;
  readonly #directory: { dispose(): Promise<void> };
  readonly #tail: string[] = [];
  readonly #badFrames: CappedLog;
  readonly #workerLog: CappedLog;
  readonly #reader: FrameReader;
  #listener: WorkerListener | undefined;
  #socketClosed: Promise<void> | undefined;
  #released: Promise<void> | undefined;
  #isReady = false;
  #isStopping = false;
  #hasEnded = false;

  private constructor(parts: { target: WorkerTarget; deps: WorkerDeps; process: SandboxProcess; socket: InferenceSocket; directory: { dispose(): Promise<void> } }) {
    const { process, deps } = parts;
    this.process = process;
    this.socket = parts.socket;
    this.#directory = parts.directory;
    this.about = { agentId: parts.target.sandbox.spec.agentId };
    const context = (): LogContext => this.about;
    this.#badFrames = new CappedLog(deps.loggerOf('exec'), { context, maxLines: 20, maxChars: 500 });
    this.#workerLog = new CappedLog(deps.loggerOf('worker'), { context, maxLines: 500, maxChars: 2_000 });
    process.stdin.on('error', () => undefined);
    this.#reader = new FrameReader(process.stdout, {
      onFrame: (frame) => this.#onFrame(frame),
      onBadLine: (reason, line) => this.ignore(reason, line),
      onTooLong: () => this.#listener?.onTooLong(),
      onNoise: () => this.#listener?.onNoise(),
    });
    this.#readStderr();
    this.ended = this.#watchEnd(deps.clock);
  }

  /** Makes the private directory, opens the socket, starts the process; rejects with the engine's error and leaves nothing behind. */
  static async start(target: WorkerTarget, deps: WorkerDeps): Promise<StartedWorker> {
    const directory = await target.engine.createTaskDirectory(target.sandbox);
    let socket: InferenceSocket | undefined;
    try {
      socket = await deps.openInferenceSocket(path.join(directory.path, 'inference.sock'));
      const process = await target.engine.start({ sandbox: target.sandbox, inferenceSocketHostPath: socket.path });
      return new StartedWorker({ target, deps, process, socket, directory });
    } catch (error) {
      await Promise.allSettled([socket?.dispose(), directory.dispose()]);
      throw error;
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it has said that it runs. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** The last lines of stderr, the oldest first. */
  get stderrTail(): readonly string[] {
    return this.#tail;
  }

  /** From here on frames go to the listener; before a task there is none, and only `ready` is expected. */
  listen(listener: WorkerListener): void {
    this.#listener = listener;
  }

  /** Writes a line to the log about something that the worker said and nobody will act on. */
  ignore(reason: string, line: string): void {
    this.#badFrames.write('warn', `Ignored a line of the worker: ${clip(reason, 200)}: ${clip(line, 200)}`);
  }

  /** Writes a line of the worker's own to the log. */
  log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void {
    this.#workerLog.write(level, text);
  }

  /** Ends the process: end of its stdin, its model calls, SIGTERM, then the whole tree; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.process.stdin.end();
    await Promise.allSettled([this.#closeSocket(), this.process.terminate()]);
  }

  /** Removes the socket and the directory; the process must have ended. Failures are logged. */
  release(): Promise<void> {
    this.#released ??= this.#closeSocket()
      .then(() => this.#directory.dispose())
      .catch((error: unknown) => this.#badFrames.write('error', `The directory of a task could not be removed: ${String(error)}`));
    return this.#released;
  }

  #closeSocket(): Promise<void> {
    this.#socketClosed ??= this.socket.dispose().catch((error: unknown) => this.#badFrames.write('error', `The inference socket of a task could not be closed: ${String(error)}`));
    return this.#socketClosed;
  }

  /** Gives up on a process that does not end: kills it once more and lets go of its pipes. */
  abandon(): void {
    this.process.kill();
    this.#reader.abandon();
  }

  #onFrame(frame: Frame): void | Promise<void> {
    if (frame.frame === 'ready') this.#isReady = true;
    if (this.#listener !== undefined) return this.#listener.onFrame(frame);
    // A worker that is given up says that it got no task, as it should.
    if (frame.frame !== 'ready' && !this.#isStopping) this.ignore('it has no task yet', frame.frame);
  }

  #readStderr(): void {
    const keep = (line: string): void => {
      this.log('info', line);
      this.#tail.push(clip(line, 500));
      if (this.#tail.length > tailLines) this.#tail.shift();
    };
    let lines = new LineSplitter(maxStderrLineBytes, { onLine: keep, onTooLong: () => restart() });
    const restart = (): void => {
      keep('[a line of stderr was too long and is left out]');
      lines = new LineSplitter(maxStderrLineBytes, { onLine: keep, onTooLong: () => restart() });
    };
    this.process.stderr.on('error', () => undefined);
    this.process.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
    this.process.stderr.once('close', () => lines.end());
  }

  async #watchEnd(clock: Clock): Promise<SandboxExit> {
    const exit = await this.process.exited;
    this.#hasEnded = true;
    const grace = clock.after(closeGraceMs, () => this.#reader.abandon());
    await this.#reader.finished;
    grace.cancel();
    return exit;
  }
}
