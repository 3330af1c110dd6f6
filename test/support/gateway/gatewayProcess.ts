import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { allocatorSettings } from '../../../server/lifecycle/environment.ts';
import { GatewayPointer } from '../../../server/protocol/initialize.ts';
import { RpcClient } from '../client/rpcClient.ts';
import { killHard, until } from './processes.ts';

const builtServer = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'server.js');

/** How a gateway is started. */
export interface GatewayStart {
  /** The state directory, as the gateway sees it. */
  readonly home: string;
  /** The bundle to run; `dist/server.js` when absent. */
  readonly server?: string;
  /** Beside the allow-listed environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How often the pointer file is looked for; 20 ms when absent. */
  readonly pollMs?: number;
  /** Runs the command through this one, such as `['unshare', '-m', ...]`; the gateway's files are then looked for in its own mount namespace. */
  readonly through?: readonly string[];
}

/** A gateway as a real process of this test, with everything that it printed. */
export class GatewayProcess {
  readonly #start: GatewayStart;
  readonly #child: ChildProcess;
  #pointer: GatewayPointer | undefined;
  #isToEnd = false;
  /** What it printed; stdout must stay empty. */
  output = '';

  private constructor(start: GatewayStart, child: ChildProcess) {
    this.#start = start;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /** Starts it and resolves when it says where it listens. */
  static async start(start: GatewayStart): Promise<GatewayProcess> {
    const command = [...(start.through ?? []), process.execPath, start.server ?? builtServer, '--gateway'];
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', LOGOS_HOME: start.home, LOGOS_MODEL_SERVERS: 'none', ...allocatorSettings, ...start.env };
    const child = spawn(command[0] ?? '', command.slice(1), { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    const gateway = new GatewayProcess(start, child);
    await gateway.#listening();
    return gateway;
  }

  get pid(): number {
    return this.pointer.pid;
  }

  get pointer(): GatewayPointer {
    if (this.#pointer === undefined) throw new Error('the gateway does not listen yet');
    return this.#pointer;
  }

  /** A path of the gateway as this process reaches it. */
  pathOf(file: string): string {
    return this.#start.through === undefined ? file : path.join(`/proc/${this.#child.pid}/root`, file);
  }

  /** A new connection that is not initialized; the socket is given too, to pause or to break it. */
  async connectRaw(): Promise<{ client: RpcClient; socket: net.Socket }> {
    const socket = net.createConnection({ path: this.pathOf(this.pointer.socket), allowHalfOpen: true });
    await once(socket, 'connect');
    return { client: new RpcClient(socket, socket), socket };
  }

  /** A new connection that has shaken hands. */
  async connect(name = 'test client'): Promise<RpcClient> {
    const { client } = await this.connectRaw();
    await client.initialize(this.pointer.token, name);
    return client;
  }

  /** Throws with the end of its log when it ended without being asked to. */
  assertNotCrashed(): void {
    if (!this.hasEnded || this.#isToEnd) return;
    const log = fs.readFileSync(path.join(this.#start.home, 'logs', 'gateway.log'), 'utf8').slice(-3_000);
    throw new Error(`the gateway ${this.#pointer?.pid ?? ''} ended by itself (${this.#child.signalCode ?? this.#child.exitCode}): ${this.output}\n${log}`);
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#isToEnd = true;
    killHard(this.pid);
    await this.ended();
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when the process has ended. */
  async ended(deadlineMs = 10_000): Promise<void> {
    await until(() => this.hasEnded, `the end of the gateway ${this.#pointer?.pid ?? ''}`, deadlineMs);
  }

  /** Asks it to end now and asserts that it does. */
  async stop(): Promise<void> {
    this.#isToEnd = true;
    const client = await this.connect('teardown');
    await client.request('gateway/stop', { when: 'now' }).catch((error: unknown) => {
      if (!client.isEnded) throw error;
    });
    await this.ended();
  }

  async #listening(): Promise<void> {
    await until(() => {
      if (this.#child.exitCode !== null) throw new Error(`the gateway ended with code ${this.#child.exitCode}: ${this.output}`);
      this.#pointer = readPointer(this.pathOf(path.join(this.#start.home, 'gateway.json')), this.#child.pid ?? 0);
      return this.#pointer !== undefined;
    }, `gateway.json in ${this.#start.home} (${this.output})`, 10_000, this.#start.pollMs);
  }
}

/** The pointer file, when it is of this process and not of one before it. */
function readPointer(file: string, pid: number): GatewayPointer | undefined {
  try {
    const pointer = GatewayPointer.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
    return pointer.pid === pid ? pointer : undefined;
  } catch {
    return undefined;
  }
}
