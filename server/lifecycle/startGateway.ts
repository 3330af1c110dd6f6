import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../base/appError.ts';
import { spawnProcess, type SpawnedProcess } from '../process/spawn.ts';
import type { GatewayPointer } from '../protocol/initialize.ts';
import type { BuildInfo } from './buildInfo.ts';
import type { CrashBudget } from './crashBudget.ts';
import { allocatorSettings, gatewayEnvironment } from './environment.ts';
import { exitCodes } from './exitCodes.ts';
import { attachGateway } from './gatewayProbe.ts';
import { installVersion, removeOldVersions } from './installVersion.ts';
import type { NodeRuntime } from './nodeRuntime.ts';
import { readPointer } from './pointer.ts';
import type { StatePaths } from './statePaths.ts';

/** What is needed to attach to a gateway or to start one. */
export interface StartOptions {
  readonly paths: StatePaths;
  readonly build: BuildInfo;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Chooses the Node to start on; asked only when a start is needed. */
  readonly chooseRuntime: () => Promise<NodeRuntime>;
  /** Early deaths that are one too many; three unless given. */
  readonly crashLimit?: number | undefined;
  /** A person asks: earlier deaths do not count. */
  readonly isAnew?: boolean | undefined;
}

const pollMs = 10;
const maxWordsBytes = 16 * 1024;

/**
 * Starts a gateway from its own copy of the build and waits until it answers; undefined when another process has the
 * lock, so that the caller looks again. The caller holds the starting lock.
 */
export async function startGateway(options: StartOptions, budget: CrashBudget, deadline: number): Promise<GatewayPointer | undefined> {
  const { paths, build } = options;
  budget.assertLeft({ lastWords: () => lastWords(paths.startLog), logPath: paths.startLog });
  const entry = installVersion(build, paths.versions);
  removeOldVersions(paths.versions, new Set([build.build, readPointer(paths.pointer)?.build ?? '']));
  const child = await spawnGateway(options, entry);
  budget.noteStart(child.pid);
  while (!child.hasExited()) {
    const pointer = readPointer(paths.pointer);
    if (pointer?.pid === child.pid) {
      const attached = await attachGateway(pointer);
      attached?.dispose();
      if (attached !== undefined) return pointer;
    }
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new AppError('internal', 'The gateway started but did not answer.', { reason: 'start_timeout', hint: `Look into ${paths.startLog}, then try again.` });
    }
    await Promise.race([delay(pollMs), child.exited]);
  }
  const { code, signal } = await child.exited;
  if (code === exitCodes.lockHeld) {
    budget.crossOut(child.pid);
    return undefined;
  }
  const words = lastWords(paths.startLog);
  throw new AppError('internal', `The gateway ended as it started (${signal ?? `exit ${code}`})${words === '' ? '.' : `: ${words}`}`, { reason: 'start_failed', hint: `Look into ${paths.startLog}.` });
}

async function spawnGateway({ paths, environment, chooseRuntime }: StartOptions, entry: string): Promise<SpawnedProcess> {
  const runtime = await chooseRuntime();
  const env = { ...gatewayEnvironment(environment, process.platform), ...allocatorSettings, LOGOS_HOME: paths.home, ...(runtime.isElectron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
  // Emptied, then appended to: a gateway that still runs may write there too.
  fs.writeFileSync(paths.startLog, '', { mode: 0o600 });
  const stderr = fs.openSync(paths.startLog, 'a', 0o600);
  try {
    return await spawnProcess(runtime.path, [entry, '--gateway'], { env, cwd: '/', isDetached: true, stdio: ['ignore', stderr, stderr] });
  } finally {
    fs.closeSync(stderr);
  }
}

/** The last line that a gateway wrote before it ended. */
export function lastWords(file: string): string {
  try {
    const text = fs.readFileSync(file, 'utf8').slice(-maxWordsBytes);
    const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
    // Node prints its version last; the error stands before it.
    const said = lines.filter((line) => !/^Node\.js v\d/.test(line) && !line.startsWith('at '));
    return (said.findLast((line) => /error/i.test(line)) ?? said.at(-1) ?? '').slice(0, 500);
  } catch {
    return '';
  }
}
