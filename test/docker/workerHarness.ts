import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { bundles } from '../../scripts/bundles.mjs';
import { Frame, type Task } from '../../server/protocol/worker.ts';
import { startModelServer, type ModelServer } from '../support/modelServer/modelServer.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Bundles the worker as the product does, into a folder of the test. */
export async function bundleWorker(folder: string): Promise<string> {
  const options: BuildOptions | undefined = (bundles({ root, isProduction: false, target: `${process.platform}-${process.arch}` }) as BuildOptions[]).find(({ entryPoints }) => entryPoints !== undefined && 'worker' in entryPoints);
  // Else a package.json further up would say what kind of module the bundle is.
  await fs.writeFile(path.join(folder, 'package.json'), '{"type":"commonjs"}');
  await build({ ...options, outdir: folder, sourcemap: false });
  return path.join(folder, 'worker.js');
}

/** A workspace, a bundled worker and a scripted model on a unix socket. */
export interface WorkerBench {
  readonly workspace: string;
  readonly workerFile: string;
  readonly model: ModelServer;
  task(message: string, change?: Partial<Task>): Task;
  start(): RunningWorker;
  /** Runs one task to its end. */
  run(message: string, change?: Partial<Task>): Promise<RunningWorker>;
  dispose(): Promise<void>;
}

export const allToolNames = ['run_command', 'read_file', 'write_file', 'edit_file', 'search_files'];

/** Makes a bench; its owner disposes it. */
export async function createWorkerBench(): Promise<WorkerBench> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'logos-worker-'));
  const workspace = path.join(folder, 'home');
  await fs.mkdir(workspace);
  const socketPath = path.join(folder, 'm.sock');
  const [model, workerFile] = await Promise.all([startModelServer({ socketPath }), bundleWorker(folder)]);
  const running = new Set<RunningWorker>();
  const task = (message: string, change: Partial<Task> = {}): Task => ({
    v: 1,
    taskId: 'task-1',
    attempt: 1,
    stdin: 'open',
    agent: { name: 'Coder' },
    soul: 'You are careful.',
    history: [],
    message,
    model: { baseUrl: 'http://inference.local/v1', socketPath, name: 'scripted', params: {}, contextTokens: 131_072 },
    tools: allToolNames,
    workspace: { path: workspace, access: 'write' },
    limits: { iterations: 90, toolMs: 10_000, outputBytes: 65_536 },
    now: Date.UTC(2026, 10, 23, 12),
    timezone: 'Europe/Berlin',
    ...change,
  });
  const start = (): RunningWorker => {
    const worker = new RunningWorker(workerFile);
    running.add(worker);
    return worker;
  };
  return {
    workspace,
    workerFile,
    model,
    task,
    start,
    async run(message, change) {
      const worker = start();
      worker.send(task(message, change));
      await worker.exited;
      return worker;
    },
    async dispose() {
      for (const worker of running) worker.child.kill('SIGKILL');
      await Promise.all([...running].map((worker) => worker.exited));
      await model.dispose();
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
}

/** One worker process of a test, its frames collected as they come. */
export class RunningWorker {
  readonly child: ChildProcess;
  readonly frames: Frame[] = [];
  readonly lines: string[] = [];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = '';
  #rest = '';
  #waiting: { isThere: (frames: readonly Frame[]) => boolean; resolve: () => void }[] = [];

  constructor(file: string) {
    this.child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } });
    this.child.stdin?.on('error', () => undefined);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#take(text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
  }

  send(task: Task): void {
    this.child.stdin?.write(`${JSON.stringify(task)}\n`);
  }

  /** Resolves when the frames so far satisfy a condition; rejects when the worker ends before. */
  async until(isThere: (frames: readonly Frame[]) => boolean): Promise<void> {
    if (isThere(this.frames)) return;
    const ended = this.exited.then(() => {
      if (!isThere(this.frames)) throw new Error(`The worker ended first: ${this.lines.join('')} ${this.stderr}`);
    });
    await Promise.race([new Promise<void>((resolve) => this.#waiting.push({ isThere, resolve })), ended]);
  }

  of<K extends Frame['frame']>(kind: K): Extract<Frame, { frame: K }>[] {
    return this.frames.filter((frame): frame is Extract<Frame, { frame: K }> => frame.frame === kind);
  }

  get text(): string {
    return this.of('text').map((frame) => frame.text).join('');
  }

  get final(): Frame | undefined {
    return this.frames.at(-1);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line);
      this.frames.push(Frame.parse(JSON.parse(line)));
    }
    this.#waiting = this.#waiting.filter(({ isThere, resolve }) => {
      if (!isThere(this.frames)) return true;
      resolve();
      return false;
    });
  }
}
