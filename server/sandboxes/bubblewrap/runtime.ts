import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { AppError } from '../../base/appError.ts';
import { RuntimeCopies } from './runtimeCopies.ts';

/** The programs that every task starts. */
export interface Runtime {
  /** Host path of Node's program file, readable for the sandbox. */
  readonly nodePath: string;
  /** Host path of the bundled worker, readable for the sandbox. */
  readonly workerPath: string;
  /** Changes when either file does. */
  readonly build: string;
}

/**
 * Finds Node and the worker. With `copies` (the gateway runs as root) what an unprivileged id cannot reach is copied there
 * once per build, which this process uses from then on. Throws `sandbox_unavailable` when a file is missing.
 */
export async function openRuntime(nodePath: string, workerPath: string, copies: string | undefined): Promise<Runtime> {
  const node = realFile(nodePath, 'Node');
  const worker = realFile(workerPath, 'the worker');
  const stat = fs.statSync(node);
  const build = crypto
    .createHash('sha256')
    .update(`${node}\n${stat.size}\n${stat.mtimeMs}\n`)
    .update(fs.readFileSync(worker))
    .digest('hex')
    .slice(0, 16);
  if (copies === undefined || (isReachable(node) && isReachable(worker))) return { nodePath: node, workerPath: worker, build };
  const folder = await new RuntimeCopies(copies).use({ nodePath: node, workerPath: worker, build });
  return { nodePath: path.join(folder, 'node'), workerPath: path.join(folder, 'worker.js'), build };
}

/** Whether every user of the machine can read and execute a file where it lies. */
export function isReachable(file: string): boolean {
  if ((fs.statSync(file).mode & 0o004) === 0) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

function realFile(file: string, what: string): string {
  try {
    const real = fs.realpathSync(file);
    if (fs.statSync(real).isFile()) return real;
  } catch {
    // Said below.
  }
  throw new AppError('sandbox_unavailable', `There is no file ${file} for ${what}.`, { reason: 'runtime_missing', hint: 'Reload the window so that the gateway is started anew, or reinstall the extension.' });
}
