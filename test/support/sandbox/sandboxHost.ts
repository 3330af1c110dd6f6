import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import type { EngineProbe, SandboxExit } from '../../../server/sandboxes/engine.ts';
import type { SandboxLimits } from '../../../server/sandboxes/limits.ts';

/** What the driver is told at its start. */
export interface DriverSetup {
  readonly stateDir: string;
  readonly workerPath: string;
  readonly policies: string;
  readonly systemRoot?: string | undefined;
  readonly limits?: Partial<SandboxLimits> | undefined;
  readonly withoutCgroups?: boolean | undefined;
  readonly bwrapPath?: string | undefined;
}

/** How a task ended, and what it wrote. */
export interface Ended {
  readonly exit: SandboxExit;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** The answer of a probe body that ran inside. */
export interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** As whom the gateway's side runs. */
export type HostMode = 'root' | 'user';

/** An id without an account, for the ordinary user of tests. */
export const ordinaryId = 61_234;
const isRoot = process.getuid?.() === 0;

/** The modes that this machine allows: root can be both. */
export const hostModes: readonly HostMode[] = isRoot ? ['root', 'user'] : ['user'];

/** How a host differs from the usual one. */
export interface HostStartOptions extends Pick<DriverSetup, 'limits' | 'withoutCgroups'> {
  readonly diskMebibytes?: number;
  /** Text of a program for Node that stands in for bubblewrap. */
  readonly bwrap?: string;
}

/** A command before a command, which root runs: it has a small disk of its own at a folder, that nobody else fills or empties. */
function onOwnDisk(folder: string, mebibytes: number, id: number): string[] {
  const mount = `mount -t tmpfs -o size=${mebibytes}m,mode=${id === 0 ? 711 : 700},uid=${id},gid=${id} tmpfs "$0" && exec /usr/bin/setpriv --reuid ${id} --regid ${id} --clear-groups -- "$@"`;
  return ['/usr/bin/unshare', '-m', '--propagation', 'private', '/bin/sh', '-c', mount, folder];
}

/** The embedded engine in a process of its own, with a folder of its own. */
export class SandboxHost {
  readonly mode: HostMode;
  readonly folder: string;
  readonly stateDir: string;
  /** Ids of files that the gateway's user owns. */
  readonly uid: number;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  #nextId = 1;
  #hasEnded = false;
  stderr = '';

  private constructor(mode: HostMode, folder: string, stateDir: string, child: ChildProcess) {
    this.mode = mode;
    this.folder = folder;
    this.stateDir = stateDir;
    this.uid = mode === 'root' ? 0 : isRoot ? ordinaryId : (process.getuid?.() ?? 0);
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => { this.stderr += chunk.toString(); });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#onAnswer(line));
    child.once('close', () => {
      this.#hasEnded = true;
      for (const { reject } of this.#waiting.values()) reject(new Error(`The driver ended: ${this.stderr}`));
    });
  }

  /**
   * Starts the driver; everything it makes is below one temporary folder that `dispose` removes. With `diskMebibytes`,
   * for which the test must be root, the sandboxes lie on a disk of that size, which only the driver sees.
   */
  static async start(mode: HostMode, { diskMebibytes, bwrap, ...options }: HostStartOptions = {}): Promise<SandboxHost> {
    const folder = fs.mkdtempSync('/tmp/logos-sandbox-test-');
    fs.chmodSync(folder, 0o711);
    const here = import.meta.dirname;
    const driver = path.join(folder, 'driver.cjs');
    await build({ entryPoints: [path.join(here, 'driver.ts')], outfile: driver, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' });
    const worker = path.join(folder, 'probeWorker.cjs');
    fs.copyFileSync(path.join(here, 'probeWorker.cjs'), worker);
    const policies = path.join(folder, 'policies');
    fs.cpSync(path.join(here, '../../../policies'), policies, { recursive: true });
    const stateDir = path.join(folder, 'state');
    fs.mkdirSync(stateDir, { mode: 0o700 });
    const isDropped = mode === 'user' && isRoot;
    // Who is not root cannot reach the Node of root.
    const node = isDropped || bwrap !== undefined ? path.join(folder, 'node') : process.execPath;
    if (node !== process.execPath) fs.copyFileSync(process.execPath, node, fs.constants.COPYFILE_FICLONE);
    if (isDropped) fs.chownSync(stateDir, ordinaryId, ordinaryId);
    const systemRoot = mode === 'root' ? path.join(folder, 'system') : undefined;
    const bwrapPath = bwrap === undefined ? undefined : path.join(folder, 'bwrap');
    if (bwrapPath !== undefined) fs.writeFileSync(bwrapPath, `#!${node}\n${bwrap}`, { mode: 0o755 });
    const setup: DriverSetup = { stateDir, workerPath: worker, policies, systemRoot, bwrapPath, ...options };
    const ids = isDropped ? { uid: ordinaryId, gid: ordinaryId } : {};
    const command = [node, driver, JSON.stringify(setup)];
    const disk = systemRoot ?? stateDir;
    if (diskMebibytes !== undefined) fs.mkdirSync(disk, { recursive: true, mode: 0o711 });
    const [program = node, ...args] = diskMebibytes === undefined ? command : [...onOwnDisk(disk, diskMebibytes, isDropped ? ordinaryId : 0), ...command];
    const child = spawn(program, args, {
      env: { PATH: '/usr/bin:/bin', GATEWAY_SECRET: gatewaySecret },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(diskMebibytes === undefined ? ids : {}),
    });
    return new SandboxHost(mode, folder, stateDir, child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  probe(): Promise<EngineProbe> {
    return this.#ask('probe', {}) as Promise<EngineProbe>;
  }

  prepare(agentId: string, policy = 'workspace-only'): Promise<{ homePath: string; hash: string }> {
    return this.#ask('prepare', { agentId, policy }) as Promise<{ homePath: string; hash: string }>;
  }

  /** Starts a task whose program is a JavaScript body with `require` and `say`. */
  start(agentId: string, body: string): Promise<{ task: number; pid: number; socket: string }> {
    return this.#ask('start', { agentId, body }) as Promise<{ task: number; pid: number; socket: string }>;
  }

  /** Waits for the first line of a task. */
  async said(task: number): Promise<unknown> {
    const line = (await this.#ask('said', { task })) as string | undefined;
    if (line === undefined) throw new Error(`The task said nothing: ${JSON.stringify(await this.ended(task))}`);
    return (JSON.parse(line) as { said: unknown }).said;
  }

  ended(task: number): Promise<Ended> {
    return this.#ask('ended', { task }) as Promise<Ended>;
  }

  terminate(task: number): Promise<Ended & { tookMs: number }> {
    return this.#ask('terminate', { task }) as Promise<Ended & { tookMs: number }>;
  }

  kill(task: number): Promise<Ended> {
    return this.#ask('kill', { task }) as Promise<Ended>;
  }

  async remove(agentId: string): Promise<void> {
    await this.#ask('remove', { agentId });
  }

  /** Runs a body to its end and gives its answer. */
  async run(agentId: string, body: string): Promise<Answer> {
    const { task } = await this.start(agentId, body);
    const ended = await this.ended(task);
    const last = ended.lines.at(-1);
    if (last === undefined) throw new Error(`The task gave no answer: ${JSON.stringify(ended)}`);
    return JSON.parse(last) as Answer;
  }

  /** The death of the gateway's side, without any warning. */
  async killDriver(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await closed;
  }

  async dispose(): Promise<void> {
    if (!this.#hasEnded) {
      const closed = new Promise((resolve) => this.#child.once('close', resolve));
      this.#child.stdin?.end();
      await closed;
    }
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  #ask(op: string, more: object): Promise<unknown> {
    const id = this.#nextId;
    this.#nextId += 1;
    if (this.#hasEnded) return Promise.reject(new Error(`The driver has ended: ${this.stderr}`));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify({ id, op, ...more })}\n`);
    });
  }

  #onAnswer(line: string): void {
    const answer = JSON.parse(line) as { id: number; value?: unknown; error?: { message: string } };
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting?.resolve(answer.value);
    else waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
  }
}

/** Stands in the environment of the gateway's side, and must never be seen inside. */
export const gatewaySecret = 'secret-of-the-gateway-1f3d';

/** Why these tests cannot run here, or undefined. */
export function whyNoSandbox(): string | undefined {
  if (process.platform !== 'linux') return 'the embedded engine needs Linux';
  if (!['/usr/bin/bwrap', '/usr/local/bin/bwrap'].some((file) => fs.existsSync(file))) return 'bubblewrap is not installed';
  return undefined;
}
