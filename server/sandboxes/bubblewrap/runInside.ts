import { text } from 'node:stream/consumers';
import { spawnOwned } from '../../process/ownedProcesses.ts';
import type { SpawnedProcess, StdioEntry } from '../../process/spawn.ts';
import type { SandboxExit } from '../engine.ts';
import { descriptors, sandboxArguments, type SandboxLayout } from './bwrapArguments.ts';
import { BwrapProcess } from './bwrapProcess.ts';
import type { BubblewrapHost } from './host.ts';
import type { HostIds } from './places.ts';

const stdio: readonly StdioEntry[] = Array.from({ length: 3 + Object.keys(descriptors).length }, () => 'pipe' as const);

/** Bubblewrap waits for its arguments, so what is done before `feed` holds for everything that it starts. Its own environment is empty. */
export function spawnBwrap(host: BubblewrapHost, ids: HostIds | undefined, command: readonly string[]): Promise<SpawnedProcess> {
  return spawnOwned(host.stateDir, host.bwrap.path, ['--args', String(descriptors.args), ...command], { env: {}, stdio, ...ids });
}

/** Gives bubblewrap what it waits for: the filter and its arguments. */
export function feed(bwrap: SpawnedProcess, host: BubblewrapHost, args: readonly string[]): void {
  const give = (descriptor: number, content: string | Buffer): void => {
    const pipe = bwrap.pipe(descriptor);
    pipe.end(content, () => pipe.destroy());
  };
  give(descriptors.seccomp, host.seccompFilter);
  give(descriptors.args, `${args.join('\0')}\0`);
}

/** A sandbox for a program of the engine itself. */
export interface InsideLayout {
  readonly ids: HostIds | undefined;
  readonly layout: SandboxLayout;
}

/** A program of the engine itself, and how long it may take. */
export interface InsideRun {
  readonly command: readonly string[];
  readonly input: string;
  readonly timeoutMs: number;
}

/** Runs a program in a sandbox to its end, without a socket; `stopped_by_us` when it took too long. */
export async function runInside(host: BubblewrapHost, { ids, layout }: InsideLayout, { command, input, timeoutMs }: InsideRun): Promise<{ readonly out: string; readonly err: string; readonly exit: SandboxExit }> {
  const bwrap = await spawnBwrap(host, ids, command);
  feed(bwrap, host, sandboxArguments(layout, undefined));
  const task = new BwrapProcess(bwrap, undefined);
  task.stdin.end(input);
  const late = setTimeout(() => task.kill(), timeoutMs);
  const [out, err, exit] = await Promise.all([text(task.stdout), text(task.stderr), task.exited]);
  clearTimeout(late);
  return { out, err, exit };
}
