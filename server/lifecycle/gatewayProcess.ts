import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../base/appError.ts';
import { giveBackMemory } from '../base/giveBackMemory.ts';
import { defaultQuietMs, RestWatch } from '../base/restWatch.ts';
import { createLog, type Log } from '../log/createLog.ts';
import { protocolVersion } from '../protocol/api.ts';
import type { InitializeResult } from '../protocol/initialize.ts';
import type { LogLevel } from '../protocol/logs.ts';
import { Connection } from '../rpc/connection.ts';
import type { OpenServices } from '../rpc/services.ts';
import { acquireLock, type Lock } from '../store/lock.ts';
import type { BuildInfo } from './buildInfo.ts';
import { CrashBudget, survivalMs } from './crashBudget.ts';
import { exitCodes } from './exitCodes.ts';
import { IdleWatch } from './idleWatch.ts';
import type { NodeRuntime } from './nodeRuntime.ts';
import { createToken, removePointer, writePointer } from './pointer.ts';
import { createProcessHandlers } from './processHandlers.ts';
import { removeStaleSockets } from './removeStaleSockets.ts';
import { ServicesHolder } from './servicesHolder.ts';
import { watchSleep } from './sleepWatch.ts';
import { createSocketServer, type SocketServer } from './socketServer.ts';
import type { StatePaths } from './statePaths.ts';

/** What a gateway is started with. */
export interface GatewayOptions {
  readonly paths: StatePaths;
  readonly build: BuildInfo;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly runtime: NodeRuntime;
  /** The plain Node for workers; undefined when there is none, which the services then say. */
  readonly workerNodePath: string | undefined;
  readonly openServices: OpenServices;
  readonly logLevel: LogLevel;
  /** Goes away after so long without work and requests, ms; 0 stays. */
  readonly idleMs: number;
}

const lockPatienceMs = 3_000;
/** An end that takes longer is cut off: every start looks after what such an end left. */
const endDeadlineMs = 15_000;
const features = ['sessions', 'chat', 'runs', 'sandboxes', 'models', 'logs'];

/** Runs the gateway until it is stopped, idle or signalled; answers the exit code of the process. */
export async function runGateway(options: GatewayOptions): Promise<number> {
  const lock = await takeLock(options.paths.home);
  if (lock === undefined) {
    process.stderr.write(`Another gateway has ${options.paths.home}.\n`);
    return exitCodes.lockHeld;
  }
  const log = createLog({ directory: options.paths.logs, level: options.logLevel });
  try {
    removeStaleSockets(options.paths.home);
    return await new Gateway(options, log).run();
  } finally {
    await log.dispose();
    lock.release();
  }
}

/** A gateway that is going away still holds the lock for a moment. */
async function takeLock(home: string): Promise<Lock | undefined> {
  const deadline = performance.now() + lockPatienceMs;
  for (;;) {
    const lock = await acquireLock(home);
    if (lock !== undefined || performance.now() > deadline) return lock;
    await delay(50);
  }
}

/** The process as such: who listens where, who is connected, and when it is over. */
class Gateway {
  readonly #options: GatewayOptions;
  readonly #log: Log;
  readonly #startId = uuidv7();
  readonly #startedAt = Date.now();
  readonly #token = createToken();
  readonly #connections = new Set<Connection>();
  readonly #holder: ServicesHolder;
  readonly #server: SocketServer;
  readonly #idle: IdleWatch;
  readonly #rest: RestWatch;
  readonly #ended = Promise.withResolvers<string>();
  #hasFailed = false;

  constructor(options: GatewayOptions, log: Log) {
    this.#options = options;
    this.#log = log;
    log.addSecret(this.#token);
    this.#server = createSocketServer(options.paths.home, (socket) => this.#welcome(socket));
    const { paths, build } = options;
    const handlers = createProcessHandlers({
      facts: {
        pid: process.pid,
        startId: this.#startId,
        startedAt: this.#startedAt,
        version: build.version,
        build: build.build,
        protocol: protocolVersion,
        home: paths.home,
        logPath: log.path,
        node: { version: options.runtime.version, path: options.runtime.path, workerPath: options.workerNodePath ?? '' },
      },
      settled: () => this.#holder.settled(),
      countConnections: () => this.#connections.size,
      stop: () => this.#ended.resolve('gateway/stop'),
    });
    const hasWork = (): boolean => this.#holder.current?.hasWork() ?? false;
    this.#idle = new IdleWatch({ idleMs: options.idleMs, hasWork }, () => void this.#leaveIfIdle());
    this.#rest = new RestWatch({ quietMs: defaultQuietMs, hasWork }, giveBackMemory);
    this.#holder = new ServicesHolder(
      options.openServices,
      {
        home: paths.home,
        distribution: build.distribution,
        startId: this.#startId,
        build: build.build,
        version: build.version,
        log,
        workerNodePath: options.workerNodePath,
        environment: options.environment,
      },
      handlers,
    );
  }

  /** Answers the exit code. */
  async run(): Promise<number> {
    const { paths, build, environment } = this.#options;
    await this.#server.listen();
    writePointer(paths.pointer, { pid: process.pid, startId: this.#startId, socket: this.#server.address, build: build.build, protocol: protocolVersion, token: this.#token });
    this.#log.of('gateway').info(`Gateway ${build.version} (${build.build}) listens.`, { data: { pid: process.pid, startId: this.#startId, home: paths.home, names: Object.keys(environment).toSorted() } });
    const sleep = watchSleep(() => this.#holder.current?.wake());
    const budget = new CrashBudget(paths.starts);
    const survived = setTimeout(() => budget.crossOut(process.pid), survivalMs).unref();
    const onSignal = (signal: NodeJS.Signals): void => this.#ended.resolve(signal);
    for (const signal of endSignals) process.on(signal, onSignal);
    process.on('uncaughtException', (error) => this.#fail(error));
    const why = await this.#ended.promise;
    this.#log.of('gateway').info(`The gateway ends: ${why}.`);
    await Promise.race([this.#end(), delay(endDeadlineMs, undefined, { ref: false })]);
    clearTimeout(survived);
    budget.crossOut(process.pid);
    await sleep.dispose();
    return this.#hasFailed ? exitCodes.failed : exitCodes.ok;
  }

  /** An error that nobody caught: nothing in memory can be trusted, so the process ends, in order where it can. */
  #fail(error: Error): void {
    this.#hasFailed = true;
    process.stderr.write(`${describeFailure(error)}\n`);
    this.#log.of('gateway').error(`An error that nobody caught: ${error.message}`, { data: { stack: error.stack ?? '' } });
    this.#ended.resolve('an error that nobody caught');
  }

  #welcome(socket: Socket): void {
    const connection = new Connection(socket, {
      log: this.#log.of('rpc'),
      token: this.#token,
      initializeResult: () => this.#initializeResult(),
      find: this.#holder.find,
      onRequest: () => {
        this.#idle.touch();
        this.#rest.touch();
      },
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  #initializeResult(): InitializeResult {
    const { build, paths } = this.#options;
    const logos = { protocol: protocolVersion, pid: process.pid, startId: this.#startId, build: build.build, home: paths.home, features };
    return { serverInfo: { name: 'logos', version: build.version }, capabilities: { experimental: { logos } } };
  }

  /** A client may come at the very moment: nobody can any more once the socket is gone, so the second look is sure. */
  async #leaveIfIdle(): Promise<void> {
    await this.#server.stopListening();
    if (this.#idle.isIdle()) this.#ended.resolve('idle');
    else await this.#server.listen();
  }

  async #end(): Promise<void> {
    this.#idle.dispose();
    this.#rest.dispose();
    removePointer(this.#options.paths.pointer, this.#startId);
    await this.#server.dispose();
    await this.#holder.dispose().catch((error: unknown) => this.#log.of('gateway').error(`The services did not end well: ${String(error)}`));
    for (const connection of this.#connections) connection.end();
    await Promise.race([Promise.all([...this.#connections].map(({ closed }) => closed)), delay(500, undefined, { ref: false })]);
  }
}

const endSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Why a process cannot be a gateway, as one line for whoever started it. */
export function describeFailure(error: unknown): string {
  if (error instanceof AppError) return `error: ${error.message} ${error.hint}`;
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
