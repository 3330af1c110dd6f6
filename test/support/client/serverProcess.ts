import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { RpcClient } from './rpcClient.ts';

/** What `--ensure` prints. */
export interface Ensured {
  readonly pointer: string;
  readonly pid: number;
  readonly startId: string;
  readonly socket: string;
  readonly build: string;
  readonly hasStarted: boolean;
  readonly isOtherBuild: boolean;
  readonly error?: { class: string; message: string; cause: string; hint: string };
}

/** A finished program. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a process runs; one that has ended and was not collected does not. */
export function isRunning(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !'ZX'.includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch {
    return false;
  }
}

/** Processes whose arguments name a path: the gateway's copy of the build, its sandboxes, their workers. */
function processesNaming(file: string): number[] {
  const pids = fs.readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => isRunning(pid) && readArguments(pid).includes(file));
}

function readArguments(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Polls until the condition holds. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string, deadlineMs = 15_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come true within ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/**
 * One state directory of one test, and the server program for it, as any client would run it.
 * `dispose` stops the gateway and throws when a process of it stays: no test leaves one behind.
 */
export class ServerUnderTest {
  readonly home: string;
  readonly #entry: string;
  readonly #environment: Record<string, string | undefined>;
  readonly #children = new Set<ChildProcess>();
  readonly #pids = new Set<number>();

  constructor(entry: string, environment: Record<string, string | undefined> = {}) {
    this.home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'logos-test-')));
    this.#entry = entry;
    this.#environment = environment;
  }

  get pointerFile(): string {
    return path.join(this.home, 'gateway.json');
  }

  readPointer(): { pid: number; socket: string; token: string; startId: string; build: string } {
    return JSON.parse(fs.readFileSync(this.pointerFile, 'utf8'));
  }

  /** Starts the program with arguments that stand apart by a space; it is ended with this object. */
  spawn(argument: string, environment: Record<string, string | undefined> = {}, entry = this.#entry): ChildProcess {
    const env = { ...process.env, NODE_NO_WARNINGS: '1', ...this.#environment, ...environment, LOGOS_HOME: this.home };
    const child = spawn(process.execPath, [entry, ...argument.split(' ')], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin?.on('error', () => undefined);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  async run(argument: string, environment: Record<string, string | undefined> = {}, entry?: string): Promise<Finished> {
    const child = this.spawn(argument, environment, entry);
    child.stdin?.end();
    return finished(child);
  }

  async ensure(environment: Record<string, string | undefined> = {}, entry?: string, argument = '--ensure'): Promise<Ensured> {
    const { stdout, stderr } = await this.run(argument, environment, entry);
    const lines = stdout.trimEnd().split('\n');
    if (lines.length !== 1 || lines[0] === '') throw new Error(`--ensure printed ${JSON.stringify(stdout)} and said ${stderr}`);
    const answer = JSON.parse(lines[0] ?? '') as Ensured;
    if (answer.error === undefined) this.#pids.add(answer.pid);
    return answer;
  }

  /** A client of the bridge, not initialized. */
  stdio(environment: Record<string, string | undefined> = {}): { client: RpcClient; child: ChildProcess; ended: Promise<Finished> } {
    const child = this.spawn('--stdio', environment);
    if (child.stdout === null || child.stdin === null) throw new Error('no pipes');
    return { client: new RpcClient(child.stdout, child.stdin), child, ended: finished(child, false) };
  }

  /** A client of the bridge that has sent initialize. */
  async connect(name?: string, environment: Record<string, string | undefined> = {}): Promise<RpcClient> {
    const { client } = this.stdio(environment);
    const result = (await client.initialize(undefined, name)) as { capabilities: { experimental: { logos: { pid: number } } } };
    this.#pids.add(result.capabilities.experimental.logos.pid);
    return client;
  }

  /** A client of the raw socket, not initialized. */
  async connectSocket(): Promise<RpcClient> {
    const socket = net.connect({ path: this.readPointer().socket, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RpcClient(socket, socket);
  }

  /** Stops the gateway, if one runs, and removes the state directory; throws when a process stays. */
  async dispose(): Promise<void> {
    try {
      if (fs.existsSync(this.pointerFile)) await this.#stop();
      await eventually(() => [...this.#pids].every((pid) => !isRunning(pid)), `the end of ${[...this.#pids].join(', ')}`, 20_000);
      await eventually(() => processesNaming(this.home).length === 0, `the end of all that runs for ${this.home}`);
    } finally {
      for (const pid of this.#pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      for (const child of this.#children) child.kill('SIGKILL');
      fs.rmSync(this.home, { recursive: true, force: true });
    }
  }

  async #stop(): Promise<void> {
    const { pid, token } = this.readPointer();
    if (!isRunning(pid)) return;
    this.#pids.add(pid);
    try {
      const client = await this.connectSocket();
      await client.initialize(token);
      await client.request('gateway/stop', { when: 'now' });
      client.endInput();
    } catch {
      // It may be on its way out already; then it goes by itself, and `dispose` sees to it that it does.
    }
  }
}

function finished(child: ChildProcess, collectsStdout = true): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  if (collectsStdout) child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
