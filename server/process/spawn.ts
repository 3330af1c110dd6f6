import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';
import { isMainThread } from 'node:worker_threads';
import { execa } from 'execa';
import { AppError } from '../base/appError.ts';

/** What a descriptor of the child is: a pipe to us, nothing, or an open descriptor of ours. */
export type StdioEntry = 'pipe' | 'ignore' | number;

/** How a process is started. Nothing is inherited that is not named here. */
export interface SpawnOptions {
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  /** Working folder, `/` unless given. */
  readonly cwd?: string;
  /** One entry per descriptor from 0 on; three pipes unless given. */
  readonly stdio?: readonly StdioEntry[];
  /** Numeric ids to run as; supplementary groups are dropped with them. */
  readonly uid?: number;
  readonly gid?: number;
  /** What the program finds as its own name, instead of `file`. */
  readonly argv0?: string;
  /** A session and process group of its own. */
  readonly isDetached?: boolean;
}

/** How a process ended: an exit code or a signal. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. Its owner ends it. Errors of its pipes never throw: the exit tells. */
export interface SpawnedProcess {
  readonly pid: number;
  /** The end of a descriptor that was asked for as `pipe`; throws for any other. */
  pipe(descriptor: number): Duplex;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process itself has ended. */
  readonly exited: Promise<ProcessExit>;
  /** Resolves when it has ended and every holder of its pipes has closed them. */
  readonly closed: Promise<ProcessExit>;
  readonly hasExited: () => boolean;
  /** Sends a signal; false when the process is gone. */
  kill(signal: NodeJS.Signals): boolean;
}

const threePipes: readonly StdioEntry[] = ['pipe', 'pipe', 'pipe'];

/**
 * Starts a program, without a shell, with exactly the environment and descriptors that are named.
 * Only on the main thread, because `--die-with-parent` of a sandbox follows the thread that started it.
 * Rejects with class `internal` whose reason is the code of the system (`ENOENT`, `EACCES`, ...).
 */
export function spawnProcess(file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnedProcess> {
  if (!isMainThread) {
    throw new AppError('internal', `Cannot start ${file} from a worker thread.`, { reason: 'not_main_thread', hint: 'Start processes on the main thread.' });
  }
  const { nodeChildProcess: child } = execa(file, [...args], {
    env: { ...options.env },
    extendEnv: false,
    cwd: options.cwd ?? '/',
    stdio: maskInherited(options.stdio ?? threePipes) as never,
    // Streams are read by their owners as they come; the end is told by `exited` and `closed`, never by a rejection.
    buffer: false,
    reject: false,
    detached: options.isDetached ?? false,
    windowsHide: true,
    ...(options.argv0 === undefined ? {} : { argv0: options.argv0 }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const ends = watchEnds(child);
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(spawnError(file, options, error)));
    child.once('spawn', () => {
      child.on('error', () => undefined);
      resolve(describeChild(child, ends));
    });
  });
}

let inherited: { readonly descriptors: readonly number[]; readonly nullDescriptor: number } | undefined;

/** Lays /dev/null over every descriptor that we ourselves inherited open: whoever started us must not reach into our children. */
function maskInherited(stdio: readonly StdioEntry[]): StdioEntry[] {
  inherited ??= { descriptors: listInheritable(), nullDescriptor: fs.openSync(os.devNull, 'r+') };
  const masked = [...stdio];
  for (const descriptor of inherited.descriptors) {
    if (descriptor < stdio.length) continue;
    while (masked.length < descriptor) masked.push('ignore');
    masked[descriptor] = inherited.nullDescriptor;
  }
  return masked;
}

const closeOnExec = 0o2000000;

/** Descriptors from 3 on that a child would get without being asked; Node opens its own so that they close. */
function listInheritable(): number[] {
  if (process.platform !== 'linux') return [];
  const found: number[] = [];
  for (const name of fs.readdirSync('/proc/self/fdinfo')) {
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1];
      if (flags !== undefined && Number(name) > 2 && (Number.parseInt(flags, 8) & closeOnExec) === 0) found.push(Number(name));
    } catch {
      // The descriptor of the listing itself.
    }
  }
  return found.toSorted((a, b) => a - b);
}

interface Ends {
  readonly exited: Promise<ProcessExit>;
  readonly closed: Promise<ProcessExit>;
}

function watchEnds(child: ChildProcess): Ends {
  const ended = (name: 'exit' | 'close'): Promise<ProcessExit> =>
    new Promise((resolve) => child.once(name, (code: number | null, signal: NodeJS.Signals | null) => resolve({ code, signal })));
  return { exited: ended('exit'), closed: ended('close') };
}

function describeChild(child: ChildProcess, ends: Ends): SpawnedProcess {
  const pipe = (descriptor: number): Duplex => {
    const stream = child.stdio[descriptor];
    if (stream === null || stream === undefined) throw new Error(`Descriptor ${descriptor} of the process is not a pipe.`);
    return stream as Duplex;
  };
  return {
    pid: child.pid ?? 0,
    pipe,
    get stdin() { return pipe(0); },
    get stdout() { return pipe(1); },
    get stderr() { return pipe(2); },
    ...ends,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    kill: (signal) => child.kill(signal),
  };
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: 'Install it, or correct its path; the working folder must exist too.',
  EACCES: 'Make it executable and reachable for the user that it runs as.',
  EPERM: 'Run the gateway as a user that may change to that id.',
  EAGAIN: 'The limit of processes of this user is reached: end some and retry.',
  EMFILE: 'The limit of open files of this process is reached: raise it and retry.',
  ENOMEM: 'The machine is out of memory: end something and retry.',
  E2BIG: 'The arguments are too long for the system.',
};

function spawnError(file: string, options: SpawnOptions, error: NodeJS.ErrnoException): AppError {
  const code = error.code ?? 'unknown';
  return new AppError('internal', `Cannot start ${file} in ${options.cwd ?? '/'}: ${code}.`, {
    reason: code,
    hint: hints[code] ?? 'See the log for the cause.',
    details: { file },
    cause: error,
  });
}
