import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import { Emitter } from '../../base/emitter.ts';
import type { Logger } from '../../log/logger.ts';
import type { ErrorInfo } from '../../protocol/errors.ts';
import type { ModelServer } from '../../protocol/models.ts';
import { exitReason } from '../../process/exitReason.ts';
import { ownerMark } from '../../process/ownerMark.ts';
import { spawnProcess, type ProcessExit, type SpawnedProcess } from '../../process/spawn.ts';
import { assumedContextTokens, embeddedId } from '../servers.ts';
import { readComponent, type Component } from './component.ts';
import type { EmbeddedModel } from './embeddedModel.ts';
import { damagedExitCode } from './exitCodes.ts';
import { startModelProcess } from './modelProcess.ts';

/** Where the embedded model lies and on what it runs. */
export interface EmbeddedModelOptions {
  /** The state directory; the component is `components/embedded-model` in it. */
  readonly home: string;
  /** The folder with embeddedModel.js. */
  readonly distribution: string;
  /** The program that runs it; the gateway's own when undefined. */
  readonly nodePath: string | undefined;
  readonly log: Logger;
  /** The script of the process, instead of the distribution's. */
  readonly entry?: string;
  /** Ends the process when nothing was asked for so long, ms; ten minutes. */
  readonly idleMs?: number;
  /** Starts processes; an argument so that a test can count them. */
  readonly spawn?: typeof spawnProcess;
}

/** So many deaths within this time, and it is left alone until the time is over. */
const maxDeaths = 3;
const deathsWithinMs = 180_000;

const contextTokens = assumedContextTokens.embedded;

/** Opens the embedded model: nothing runs before its first use. */
export function openEmbeddedModel(options: EmbeddedModelOptions): EmbeddedModel {
  const { home, distribution, nodePath = process.execPath, log, spawn = spawnProcess } = options;
  const entry = options.entry ?? path.join(distribution, 'embeddedModel.js');
  const socket = chooseSocket(home);
  const changes = new Emitter<void>();
  let running: Promise<SpawnedProcess> | undefined;
  let deaths: number[] = [];
  let lastError: ErrorInfo | undefined;
  let isChecked = false;
  let isDisposed = false;

  const component = (): Component | undefined => readComponent(path.join(home, 'components', 'embedded-model'));
  const recentDeaths = (): number => (deaths = deaths.filter((at) => performance.now() - at < deathsWithinMs)).length;

  function view(): ModelServer {
    const installed = component();
    const base = { id: embeddedId, kind: 'embedded' as const, baseUrl: 'http://embedded.model/v1', hasKey: false, isBuiltIn: true };
    if (installed === undefined) return { ...base, name: 'Embedded model', state: 'not_installed', models: [] };
    const models = [{ name: installed.name, contextTokens, supportsTools: false, isTiny: true }];
    const isDown = lastError !== undefined && recentDeaths() >= maxDeaths;
    return { ...base, name: 'Embedded model', state: isDown ? 'down' : 'up', models, ...(isDown ? { error: lastError } : {}) };
  }

  async function startProcess(installed: Component): Promise<SpawnedProcess> {
    await fs.promises.rm(socket.path, { force: true });
    const started = await startModelProcess({ spawn, nodePath, mark: ownerMark(home), entry, socketPath: socket.path, component: installed, contextTokens, sha256: isChecked ? undefined : installed.sha256, idleMs: options.idleMs ?? 600_000, log });
    log.info(`The embedded model ${installed.name} was started.`, { data: { pid: started.process.pid } });
    void started.process.exited.then((exit) => ended(exit, started.lastWords));
    return started.process;
  }

  /** The end of the process that was not asked for: it starts anew at once, unless it dies again and again. */
  function ended(exit: ProcessExit, lastWords: () => string): void {
    running = undefined;
    if (isDisposed) return;
    if (exit.code === 0) return log.info('The embedded model was idle and has ended.');
    deaths.push(performance.now());
    lastError = deathError(exit);
    log.warn(lastError.message, { data: { lastWords: lastWords() } });
    changes.emit();
    if (exit.code !== damagedExitCode && recentDeaths() < maxDeaths) start().catch((error: unknown) => log.warn(`The embedded model could not be started again: ${String(error)}`));
  }

  async function start(): Promise<{ readonly socketPath: string }> {
    const installed = component();
    if (isDisposed || installed === undefined) {
      throw new AppError('model_unreachable', 'The embedded model is not installed.', { reason: 'not_installed', hint: 'Run `npm start` to install it, or start a model server.' });
    }
    if (running === undefined) {
      if (lastError !== undefined && recentDeaths() >= maxDeaths) throw AppError.fromInfo(lastError);
      const starting = startProcess(installed);
      running = starting;
      starting.then(
        () => (isChecked = true),
        () => (running === starting ? (running = undefined) : undefined),
      );
    }
    await running;
    return { socketPath: socket.path };
  }

  return {
    view,
    start,
    onChange: (listener) => changes.on(listener),
    async dispose() {
      isDisposed = true;
      const child = await running?.catch(() => undefined);
      if (child !== undefined && !child.hasExited()) {
        child.stdin.end();
        const late = setTimeout(() => child.kill('SIGKILL'), 2000);
        await child.exited;
        clearTimeout(late);
      }
      await socket.remove();
    },
  };
}

function deathError(exit: ProcessExit): ErrorInfo {
  const isDamaged = exit.code === damagedExitCode;
  return {
    class: 'model_crashed',
    message: isDamaged ? 'The weights of the embedded model are damaged.' : `The embedded model ended unexpectedly (${exitReason(exit)}).`,
    cause: isDamaged ? 'component_damaged' : 'embedded_died',
    hint: isDamaged ? 'Remove components/embedded-model from the state directory and run `npm start` to install it again.' : 'Retry; it starts again by itself. The log has its last words.',
    retryable: !isDamaged,
  };
}

/** A socket of this gateway's own; outside the state directory where that is too deep for a socket's path. */
function chooseSocket(home: string): { readonly path: string; remove(): Promise<void> } {
  const name = `model-${randomBytes(6).toString('hex')}`;
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\logos-${name}`, remove: () => Promise.resolve() };
  const near = path.join(home, `${name}.sock`);
  if (Buffer.byteLength(near) <= 100) return { path: near, remove: () => fs.promises.rm(near, { force: true }) };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logos-'));
  return { path: path.join(folder, 'model.sock'), remove: () => fs.promises.rm(folder, { recursive: true, force: true }) };
}
