import { setTimeout as delay } from 'node:timers/promises';
import { readLines } from '../../process/lines.ts';
import { signalOf } from '../../process/exitReason.ts';
import { isAlive, readProcess, type ProcessRow } from '../../process/processTable.ts';
import type { SpawnedProcess } from '../../process/spawn.ts';
import type { SandboxExit, SandboxProcess } from '../engine.ts';
import { descriptors } from './bwrapArguments.ts';
import type { TaskCgroup } from './cgroups.ts';
import { readChildren } from './usage.ts';
import type { Excess } from './watchdog.ts';

const graceMs = 1000;
/** How long pipes may stay open after the last process is gone: a reader that has not read them yet. */
const pipesMs = 500;
const statusMaxBytes = 65_536;

/** One running sandbox: bubblewrap, its first process inside, and the task that this one started. */
export class BwrapProcess implements SandboxProcess {
  readonly pid: number;
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exited: Promise<SandboxExit>;
  readonly #bwrap: SpawnedProcess;
  readonly #cgroup: TaskCgroup | undefined;
  readonly #statusRead: Promise<void>;
  /** The first process inside: when it is gone, the kernel has ended all others of its namespace. */
  #first: ProcessRow | undefined;
  #exitCode: number | undefined;
  #isStopped = false;
  #excess: Excess | undefined;
  #hasEnded = false;

  constructor(bwrap: SpawnedProcess, cgroup: TaskCgroup | undefined) {
    this.#bwrap = bwrap;
    this.#cgroup = cgroup;
    this.pid = bwrap.pid;
    this.stdin = bwrap.stdin;
    this.stdout = bwrap.stdout;
    this.stderr = bwrap.stderr;
    this.#statusRead = readLines(bwrap.pipe(descriptors.status), statusMaxBytes, { onLine: (line) => this.#onStatus(line), onTooLong: () => undefined });
    this.exited = this.#watchEnd();
  }

  async terminate(): Promise<void> {
    this.#isStopped = true;
    this.#cgroup?.hasten();
    const task = this.#first === undefined ? undefined : readChildren(this.#first.pid)?.[0];
    if (task !== undefined && !this.#hasEnded) {
      sendSignal(task, 'SIGTERM');
      await Promise.race([this.exited, delay(graceMs, undefined, { ref: false })]);
    }
    this.#killTree();
    await this.exited;
  }

  kill(): void {
    this.#isStopped = true;
    this.#killTree();
  }

  /** Kills the tree because it used too much; the exit says so. */
  killFor(excess: Excess): void {
    this.#excess = excess;
    this.#killTree();
  }

  /** Bubblewrap's death ends the first process inside; a death before it has arranged that must not leave one behind. */
  #killTree(): void {
    if (this.#hasEnded) return;
    this.#cgroup?.hasten();
    const children = readChildren(this.#bwrap.pid) ?? [];
    this.#bwrap.kill('SIGKILL');
    for (const child of children) sendSignal(child, 'SIGKILL');
    if (this.#first !== undefined && isAlive(this.#first)) sendSignal(this.#first.pid, 'SIGKILL');
  }

  #onStatus(line: string): void {
    const childPid = Number(/"child-pid":\s*(\d+)/.exec(line)?.[1] ?? 0);
    if (childPid > 0) this.#first = readProcess(childPid);
    const exitCode = /"exit-code":\s*(\d+)/.exec(line)?.[1];
    if (exitCode !== undefined) this.#exitCode = Number(exitCode);
  }

  async #watchEnd(): Promise<SandboxExit> {
    const exit = await this.#bwrap.exited;
    const pipesOpenUntil = delay(pipesMs, undefined, { ref: false });
    await Promise.race([this.#statusRead, pipesOpenUntil]);
    await this.#untilTreeIsGone();
    await Promise.race([this.#bwrap.closed, pipesOpenUntil]);
    this.#hasEnded = true;
    this.stdin.destroy();
    const end = this.#exitCode === undefined ? exit : { code: this.#exitCode, signal: null };
    const judged: SandboxExit = { code: end.code, signal: signalOf(end) ?? null, cause: this.#causeOf(end.code) };
    this.#cgroup?.remove();
    return judged;
  }

  async #untilTreeIsGone(): Promise<void> {
    for (let waitMs = 1; this.#first !== undefined && isAlive(this.#first); waitMs = Math.min(waitMs * 2, 50)) {
      if (waitMs > 4) sendSignal(this.#first.pid, 'SIGKILL');
      await delay(waitMs);
    }
  }

  /** An exit code of 137 alone says nothing: first what we did, then what the kernel counted, then bubblewrap's own report. */
  #causeOf(code: number | null): SandboxExit['cause'] {
    if (this.#isStopped) return 'stopped_by_us';
    if (this.#excess === 'disk') return 'out_of_disk';
    if (this.#excess === 'memory') return 'out_of_memory';
    if (code !== 0 && (this.#cgroup?.countOutOfMemoryKills() ?? 0) > 0) return 'out_of_memory';
    if (this.#exitCode === undefined) return 'sandbox_gone';
    return signalOf({ code, signal: null }) === undefined ? 'exited' : 'killed';
  }
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
