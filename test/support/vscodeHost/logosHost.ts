import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { once } from 'node:events';
import { GatewayPointer } from '../../../server/protocol/initialize.ts';
import { acquireLock, type Lock } from '../../../server/store/lock.ts';
import { RpcClient } from '../client/rpcClient.ts';
import { ModelServerProcess } from '../gateway/modelServerProcess.ts';
import { commandOf, killHard, orphansOf, until } from '../gateway/processes.ts';
import { makeHome } from '../gateway/testGateway.ts';
import { ChatPage } from './chatPage.ts';
import { VsCodeHost, type VsCodeHostOptions, type WindowOptions } from './vscodeHost.ts';
import type { Workbench } from './workbench.ts';

const packageFile = path.resolve(import.meta.dirname, '../../..', 'artifacts', `logos-${process.platform}-${process.arch}.vsix`);

/** How Logos is set up for a test. */
export interface LogosHostOptions extends Omit<VsCodeHostOptions, 'vsix'> {
  /** Packaged extensions beside ours. */
  readonly moreVsix?: readonly string[];
  /** Arguments of the scripted model server. */
  readonly modelArguments?: readonly string[];
  /** Prepares the state directory before anything runs. */
  readonly prepare?: (home: string) => Promise<unknown>;
}

/** A real VS Code with the packaged extension, a state directory of its own, and a scripted model server. */
export class LogosHost {
  readonly home: string;
  readonly model: ModelServerProcess;
  readonly vscode: VsCodeHost;
  #client: RpcClient | undefined;
  #clientPid = 0;

  private constructor(home: string, model: ModelServerProcess, vscode: VsCodeHost) {
    this.home = home;
    this.model = model;
    this.vscode = vscode;
  }

  static async start(options: LogosHostOptions = {}): Promise<LogosHost> {
    if (!fs.existsSync(packageFile)) throw new Error(`${packageFile} is missing; run \`npm run package\`.`);
    const home = makeHome();
    await options.prepare?.(home);
    const model = await ModelServerProcess.start(options.modelArguments ?? []);
    try {
      // The idle time keeps a gateway that a crashed test left from living for long.
      const env = { LOGOS_HOME: home, LOGOS_MODEL_SERVERS: 'none', LOGOS_IDLE_MINUTES: '2', ...options.env };
      return new LogosHost(home, model, await VsCodeHost.start({ ...options, vsix: [packageFile, ...(options.moreVsix ?? [])], env }));
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Everything of this test on the host lies below one of these. */
  get paths(): string[] {
    return [this.home, path.join('/var/lib/logos', createHash('sha256').update(this.home).digest('hex').slice(0, 8))];
  }

  /** Where the gateway that runs listens; throws when none has said so. */
  get pointer(): GatewayPointer {
    return GatewayPointer.parse(JSON.parse(fs.readFileSync(path.join(this.home, 'gateway.json'), 'utf8')));
  }

  /** A connection of the test's own to the gateway that the extension started; a new one when that has been replaced. */
  async client(): Promise<RpcClient> {
    await until(() => this.#isGatewayThere(), `a gateway in ${this.home}`, 30_000);
    const { pid, socket: address, token } = this.pointer;
    if (this.#client !== undefined && !this.#client.isEnded && this.#clientPid === pid) return this.#client;
    const socket = net.createConnection({ path: address, allowHalfOpen: true });
    await once(socket, 'connect');
    this.#client = new RpcClient(socket, socket);
    this.#clientPid = pid;
    await this.#client.initialize(token, 'the test');
    return this.#client;
  }

  /** Adds the scripted model server, which every agent without a chosen model then uses; gives its id. */
  async addModel(name = 'Scripted'): Promise<string> {
    const { id } = await (await this.client()).request<{ id: string }>('models/add', { name, baseUrl: this.model.baseUrl });
    return id;
  }

  /** Opens a window with our container in the side bar. */
  async openWindow(options: WindowOptions & { readonly sideBarWidth?: number } = {}): Promise<LogosWindow> {
    const window = await this.vscode.openWindow(options);
    await window.openContainer('Logos');
    if (options.sideBarWidth !== undefined) await window.setSideBarWidth(options.sideBarWidth);
    return { workbench: window, chat: new ChatPage(window.page, window.frame()) };
  }

  /** `kill -9` of the gateway; resolves with its pid when it is gone. */
  async killGateway(): Promise<number> {
    const { pid } = this.pointer;
    killHard(pid);
    await until(() => !isAlive(pid), `the end of gateway ${pid}`);
    return pid;
  }

  /** Lets the gateway stand still, as a machine that swaps does; gives what lets it go on. */
  freezeGateway(): () => void {
    const { pid } = this.pointer;
    process.kill(pid, 'SIGSTOP');
    return () => void process.kill(pid, 'SIGCONT');
  }

  /** Kills the gateway and keeps every new one away, as whoever starts one does, until the lock is released. */
  async holdGatewayAway(): Promise<Lock> {
    await this.client();
    const lock = await acquireLock(path.join(this.home, 'starting'));
    if (lock === undefined) throw new Error('A gateway is being started.');
    await this.killGateway();
    return lock;
  }

  /** Ends everything; throws when a process of this test is left. */
  async stop(): Promise<void> {
    try {
      await this.vscode.stop();
      if (this.#isGatewayThere()) await this.#stopGateway();
      await this.#assertNothingLeft();
    } finally {
      for (const row of orphansOf([...this.paths, this.vscode.data], undefined)) killHard(row.pid);
      await this.model.dispose();
      if (process.env['LOGOS_TEST_KEEP'] !== '1') for (const folder of this.paths) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    }
  }

  async #stopGateway(): Promise<void> {
    const client = await this.client();
    await client.request('gateway/stop', { when: 'now' }).catch((error: unknown) => {
      if (!client.isEnded) throw error;
    });
  }

  async #assertNothingLeft(): Promise<void> {
    const left = () => orphansOf([...this.paths, this.vscode.data], undefined);
    await until(() => left().length === 0, 'the end of every process of this test', 8_000).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${left().map((row) => `${row.pid} (${commandOf(row.pid).slice(0, 200)})`).join('; ')}`, { cause: error });
    });
  }

  #isGatewayThere(): boolean {
    try {
      return isAlive(this.pointer.pid);
    } catch {
      return false;
    }
  }
}

/** A window with the chat in its side bar. */
export interface LogosWindow {
  readonly workbench: Workbench;
  readonly chat: ChatPage;
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
