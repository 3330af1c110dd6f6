import { AppError } from '../../base/appError.ts';
import type { Logger } from '../../log/logger.ts';
import { exitReason } from '../../process/exitReason.ts';
import { markedName } from '../../process/ownerMark.ts';
import type { SpawnedProcess, spawnProcess } from '../../process/spawn.ts';
import type { Component } from './component.ts';

/** How the process of the embedded model starts. */
export interface ModelProcessOptions {
  readonly spawn: typeof spawnProcess;
  readonly nodePath: string;
  /** Of this gateway: a process that hangs as it loads does not see the end of its input. */
  readonly mark: string;
  readonly entry: string;
  readonly socketPath: string;
  readonly component: Component;
  readonly contextTokens: number;
  /** Checked by the process before it loads; undefined when that was done. */
  readonly sha256: string | undefined;
  readonly idleMs: number;
  readonly log: Logger;
}

const listenMs = 10_000;
const maxLastWords = 4000;

/** Starts the process and resolves once its socket listens; it may still be loading the model then. */
export async function startModelProcess(options: ModelProcessOptions): Promise<{ readonly process: SpawnedProcess; readonly lastWords: () => string }> {
  const { nodePath, mark, entry, socketPath, component, contextTokens, sha256, idleMs } = options;
  const args = [entry, '--socket', socketPath, '--component', component.folder, '--weights', component.weights, '--model', component.name, '--context', String(contextTokens), '--idle', String(idleMs)];
  const child = await options.spawn(nodePath, [...args, ...(sha256 === undefined ? [] : ['--sha256', sha256])], {
    env: { NODE_ENV: 'production', ELECTRON_RUN_AS_NODE: '1' },
    argv0: markedName('node', mark),
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-maxLastWords)));
  const listening = new Promise<true>((resolve) => child.stdout.once('data', () => resolve(true)));
  const { promise: late, resolve: giveUp } = Promise.withResolvers<undefined>();
  const timer = setTimeout(giveUp, listenMs, undefined);
  const first = await Promise.race([listening, child.exited, late]);
  clearTimeout(timer);
  child.stdout.resume();
  if (first === true) return { process: child, lastWords: () => words };
  child.kill('SIGKILL');
  const exit = await child.exited;
  options.log.error('The embedded model did not start.', { data: { exit: exitReason(exit), lastWords: words } });
  throw new AppError('model_crashed', `The embedded model did not start (${exitReason(exit)}).`, { reason: 'embedded_not_started', hint: 'Retry, or start a model server; the log has its last words.' });
}
