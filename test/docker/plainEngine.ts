import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Launch, SandboxEngine, SandboxExit, SandboxProcess } from '../../server/sandboxes/engine.ts';

/** Runs a worker program as a plain child, so that dispatcher and worker meet for real where no sandbox is. */
export class PlainEngine implements SandboxEngine {
  readonly name = 'bubblewrap';
  readonly capabilities = { keepsStdinOpen: true, inferenceSocketPath: '', workspacePath: '' };
  readonly pids: number[] = [];
  /** Of the program, as the hash of a sandbox covers the worker's build. */
  readonly hash: string;
  readonly #argv: readonly string[];

  /** `argv` is the worker's program and its arguments. */
  constructor(argv: readonly string[]) {
    this.#argv = argv;
    this.hash = argv.join(' ');
  }

  async start({ sandbox }: Launch): Promise<SandboxProcess> {
    const [file = '', ...args] = this.#argv;
    const child = spawn(file, args, { cwd: sandbox.homePath, stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'] ?? '' } });
    const pid = child.pid ?? 0;
    this.pids.push(pid);
    let isEnding = false;
    const exited = new Promise<SandboxExit>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, cause: isEnding ? 'stopped_by_us' : signal === 'SIGKILL' ? 'killed' : 'exited' })),
    );
    return {
      pid,
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      exited,
      async terminate() {
        isEnding = true;
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
        await exited;
        clearTimeout(timer);
      },
      kill: () => void child.kill('SIGKILL'),
    };
  }

  async createTaskDirectory(): Promise<{ path: string; dispose(): Promise<void> }> {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'logos-task-'));
    return { path: folder, dispose: () => fs.rm(folder, { recursive: true, force: true }) };
  }

  assertEnforces(): void {}
  homeOf(): undefined {}
  async remove(): Promise<void> {}
  async dispose(): Promise<void> {}
  probe(): never {
    throw new Error('There is nothing to probe.');
  }
  prepare(): never {
    throw new Error('There is nothing to prepare.');
  }
}
