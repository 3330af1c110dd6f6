import { PassThrough } from 'node:stream';
import { createDeferred } from '../../../server/base/deferred.ts';
import type { InferenceSocket } from '../../../server/egress/inferenceSocket.ts';
import type { ModelRoute } from '../../../server/inference/route.ts';
import type { Launch, PreparedSandbox, SandboxEngine, SandboxExit, SandboxProcess } from '../../../server/sandboxes/engine.ts';
import type { Task } from '../../../server/protocol/worker.ts';

/** A sandbox process whose pipes and end are in the hands of a test. */
export class ScriptedProcess implements SandboxProcess {
  readonly pid = 1;
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly received: string[] = [];
  readonly #exit = createDeferred<SandboxExit>();
  readonly exited = this.#exit.promise;
  isStdinEnded = false;
  terminations = 0;
  kills = 0;
  /** What `terminate` does; the default ends the process and closes its pipes. */
  onTerminate: () => void = () => {
    this.exit({ code: null, signal: 'SIGTERM', cause: 'stopped_by_us' });
    this.stdout.end();
    this.stderr.end();
  };

  constructor() {
    this.stdin.on('data', (chunk: Buffer) => this.received.push(chunk.toString()));
    this.stdin.on('end', () => (this.isStdinEnded = true));
  }

  frame(frame: object): void {
    this.stdout.write(`${JSON.stringify(frame)}\n`);
  }

  exit(exit: SandboxExit = { code: 0, signal: null, cause: 'exited' }): void {
    this.#exit.resolve(exit);
  }

  /** The end of an orderly worker. */
  finish(exit?: SandboxExit): void {
    this.stdout.end();
    this.stderr.end();
    this.exit(exit);
  }

  get task(): Task {
    return JSON.parse(this.received.join('')) as Task;
  }

  async terminate(): Promise<void> {
    this.terminations += 1;
    this.onTerminate();
    await this.exited;
  }

  kill(): void {
    this.kills += 1;
  }
}

/** A socket that only remembers. */
export class RememberedSocket implements InferenceSocket {
  readonly path: string;
  assigned: ModelRoute | undefined;
  disposals = 0;

  constructor(path: string) {
    this.path = path;
  }

  assign(route: ModelRoute): void {
    this.assigned = route;
  }

  async dispose(): Promise<void> {
    this.disposals += 1;
  }
}

/** An engine whose processes a test plays. */
export class ScriptedEngine implements SandboxEngine {
  readonly name = 'bubblewrap';
  readonly capabilities;
  readonly processes: ScriptedProcess[] = [];
  readonly launches: Launch[] = [];
  readonly sockets: RememberedSocket[] = [];
  openDirectories = 0;
  /** Thrown by the next start. */
  failure: Error | undefined;

  constructor(keepsStdinOpen = true) {
    this.capabilities = { keepsStdinOpen, inferenceSocketPath: '/run/logos/inference.sock', workspacePath: '/home/agent' };
  }

  readonly openInferenceSocket = async (path: string): Promise<InferenceSocket> => {
    const socket = new RememberedSocket(path);
    this.sockets.push(socket);
    return socket;
  };

  assertEnforces(): void {}

  async createTaskDirectory(): Promise<{ path: string; dispose(): Promise<void> }> {
    this.openDirectories += 1;
    return { path: `/tmp/t${this.openDirectories}`, dispose: async () => void (this.openDirectories -= 1) };
  }

  async start(launch: Launch): Promise<SandboxProcess> {
    this.launches.push(launch);
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    const process = new ScriptedProcess();
    this.processes.push(process);
    return process;
  }

  homeOf(): undefined {}
  async remove(): Promise<void> {}

  async dispose(): Promise<void> {}

  get last(): ScriptedProcess {
    const process = this.processes.at(-1);
    if (process === undefined) throw new Error('Nothing was started.');
    return process;
  }

  probe(): never {
    throw new Error('The dispatcher does not probe.');
  }

  prepare(): never {
    throw new Error('The dispatcher does not prepare.');
  }
}

/** A sandbox as a registry would give it. */
export function sandboxOf(agentId: string, hash = 'h1'): PreparedSandbox {
  const policy = { name: 'p', text: '', hash: '0', filesystem: { includeWorkdir: true, readOnly: [], readWrite: [] }, landlock: 'best_effort' as const, runAsUser: undefined, runAsGroup: undefined, networkRules: [], networkHosts: [], networkMiddlewares: [] };
  return { spec: { agentId, label: `logos-${agentId}`, policy }, hash, homePath: '/nonexistent' };
}

/** A route that leads nowhere. */
export const deadRoute: ModelRoute = {
  serverId: 's',
  serverName: 'Server',
  baseUrl: 'http://127.0.0.1:1/v1',
  model: 'm',
  contextTokens: 8_192,
  supportsTools: true,
  isTiny: false,
  think: 'auto',
  params: {},
  timeouts: { firstTokenMs: 1, idleMs: 1, totalMs: 1 },
  authorization: async () => undefined,
};

/** A task without its stdin. */
export function taskOf(taskId = 'task-1'): Omit<Task, 'stdin'> {
  return {
    v: 1,
    taskId,
    attempt: 1,
    agent: { name: 'Coder' },
    soul: 'Soul',
    history: [],
    message: 'hello',
    model: { baseUrl: 'http://inference.local/v1', name: 'm', params: {}, contextTokens: 8_192 },
    tools: [],
    workspace: { path: '/home/agent', access: 'write' },
    limits: { iterations: 90, toolMs: 1_000, outputBytes: 65_536 },
    now: 0,
    timezone: 'UTC',
  };
}
