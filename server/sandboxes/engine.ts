import type { Readable, Writable } from 'node:stream';
import type { EngineName, SandboxLimit } from '../protocol/sandboxes.ts';
import type { Policy } from '../policies/policy.ts';

/** What an engine can do; whoever needs more refuses aloud. */
export interface EngineCapabilities {
  /** A task's stdin stays open after its line, and its end means cancel. */
  readonly keepsStdinOpen: boolean;
  /** The path inside at which the inference socket of a task appears. */
  readonly inferenceSocketPath: string;
  /** The path inside of the agent's home, which is also the workspace. */
  readonly workspacePath: string;
}

/** What a probe of the engine on this host saw; throws `sandbox_unsupported` with the mending command when it cannot run. */
export interface EngineProbe {
  /** Such as `bubblewrap 0.8.0`. */
  readonly version: string;
  readonly latencyMs: number;
  readonly limits: readonly SandboxLimit[];
}

/** Everything that decides what a sandbox is; a change of its hash makes waiting workers stale. */
export interface SandboxSpec {
  readonly agentId: string;
  /** The sanitised label; shown, never used as a key. */
  readonly label: string;
  readonly policy: Policy;
}

/** A provisioned sandbox: directories and ids, no process. */
export interface PreparedSandbox {
  readonly spec: SandboxSpec;
  /** Hash over policy, mounts, limits and worker build: the key of a waiting worker. */
  readonly hash: string;
  /** Host path of the agent's home. */
  readonly homePath: string;
}

/** How a process in a sandbox ended. */
export interface SandboxExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What ended it when it was not the program itself. */
  readonly cause: 'exited' | 'stopped_by_us' | 'out_of_memory' | 'out_of_disk' | 'sandbox_gone' | 'killed';
}

/** One worker process in a sandbox of its own. stdout and stderr are pipes; attach readers at once. */
export interface SandboxProcess {
  /** Host pid of the sandbox's outermost process. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once when every process of the tree is gone and the pipes are closed (at most 500 ms after exit). */
  readonly exited: Promise<SandboxExit>;
  /** SIGTERM to the task itself, two seconds, then the whole tree; resolves when it is gone. */
  terminate(): Promise<void>;
  /** SIGKILL to the whole tree at once. */
  kill(): void;
}

/** What to start. */
export interface Launch {
  readonly sandbox: PreparedSandbox;
  /** Host path of the unix socket that serves `inference.local` to this process alone. */
  readonly inferenceSocketHostPath: string;
}

/** Where sandboxes come from: one implementation per kind of sandbox, the same suite for all. */
export interface SandboxEngine {
  readonly name: EngineName;
  readonly capabilities: EngineCapabilities;
  /** Runs a small program in a real sandbox and says what it saw. */
  probe(): Promise<EngineProbe>;
  /** Throws `policy_unenforceable` naming the rule when this engine cannot enforce one. */
  assertEnforces(policy: Policy): void;
  /** Makes the directories (idempotent). */
  prepare(spec: SandboxSpec): Promise<PreparedSandbox>;
  /** Host path of the home of an agent's sandbox; undefined while it was not made yet. Throws `sandbox_unavailable` when it cannot be told. */
  homeOf(agentId: string): string | undefined;
  /** A directory, private to one task, in which its sockets live on the host; short enough for a socket path. */
  createTaskDirectory(sandbox: PreparedSandbox): Promise<{ readonly path: string; dispose(): Promise<void> }>;
  /** Starts the worker runtime in a fresh sandbox; its environment, arguments and descriptors carry nothing of ours. */
  start(launch: Launch): Promise<SandboxProcess>;
  /** Removes the sandbox's directories with all that the agent put there. */
  remove(agentId: string): Promise<void>;
  /** Kills every process of every sandbox; resolves when they are gone. */
  dispose(): Promise<void>;
}
