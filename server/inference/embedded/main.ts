// The embedded model as a process: an OpenAI-compatible server on a private socket. It ends with its stdin, so that a gateway
// that was killed leaves nothing behind, and by itself when it was idle for long.
import os from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { checkWeights } from './checkWeights.ts';
import { loadModel } from './loadedModel.ts';
import { damagedExitCode } from './exitCodes.ts';
import { createModelHttp } from './modelHttp.ts';

const { values } = parseArgs({
  options: {
    socket: { type: 'string' },
    component: { type: 'string' },
    weights: { type: 'string' },
    model: { type: 'string' },
    /** Checks the weights against this before they are loaded. */
    sha256: { type: 'string' },
    /** Tokens of the context that the model is loaded with. */
    context: { type: 'string' },
    idle: { type: 'string', default: '600000' },
  },
});

function need(name: 'socket' | 'component' | 'weights' | 'model' | 'context'): string {
  const value = values[name];
  if (value !== undefined) return value;
  process.stderr.write(`The embedded model needs --${name}.\n`);
  process.exit(2);
}

const [component, weights, model, socket] = [need('component'), need('weights'), need('model'), need('socket')];
const contextTokens = Number(need('context'));

async function load(): ReturnType<typeof loadModel> {
  if (values.sha256 !== undefined) {
    await checkWeights(weights, values.sha256).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(damagedExitCode);
    });
  }
  return loadModel({ component, weights, contextTokens, threads: Math.max(1, os.availableParallelism() - 1) });
}

process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0));
process.stdin.resume();

const loading = load();
loading.catch((error: unknown) => {
  process.stderr.write(`The model cannot be loaded: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});

createModelHttp({ model, contextTokens, loading, idleMs: Number(values.idle), onIdle: () => process.exit(0) }).listen(socket, () => process.stdout.write('listening\n'));
