import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Failure, FailureCode } from './connectionState.ts';
import type { NodeChoice } from './nodeChoice.ts';

/** What the starter of the gateway is run with. */
export interface EnsureOptions {
  readonly node: NodeChoice;
  /** The folder of the bundles, with server.js in it. */
  readonly distFolder: string;
  readonly stateFolder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Takes what the starter writes to stderr, line by line. */
  readonly onLogLine: (line: string) => void;
}

/** An attempt to reach the gateway that ended without one. */
export class AttemptError extends Error {
  readonly failure: Failure;

  constructor(code: FailureCode, sentence: string, more: { isFinal?: boolean; isDeath?: boolean } = {}) {
    super(sentence);
    this.name = 'AttemptError';
    this.failure = { code, sentence, isFinal: more.isFinal ?? false, isDeath: more.isDeath ?? false };
  }
}

/** Exit codes of a program that can never start here: not executable, not found, illegal instruction, missing library (Windows). */
const HOPELESS_EXITS: ReadonlySet<number> = new Set([126, 127, 132, 3_221_225_781, 3_221_225_785]);
const MAX_OUTPUT_BYTES = 64 * 1024;
/** Variables that change what a Node program does; they belong to the extension host, not to the gateway. */
const HOST_VARIABLES = /^(NODE_|ELECTRON_|VSCODE_)/;

/** Attaches to the gateway of a state directory, or starts it; resolves when its pointer file is there. Rejects with AttemptError. */
export async function ensureGateway(options: EnsureOptions): Promise<void> {
  const script = path.join(options.distFolder, 'server.js');
  if (!existsSync(script)) throw new AttemptError('no_server', 'The gateway is missing from this extension.', { isFinal: true });
  const { code, output } = await runStarter(script, options);
  if (code === 0) return;
  const reason = lastSentence(output);
  const sentence = `The gateway did not start${reason === '' ? ` (code ${code})` : `: ${reason}`}`;
  throw new AttemptError('start_failed', sentence, { isDeath: true, isFinal: HOPELESS_EXITS.has(code) });
}

function runStarter(script: string, options: EnsureOptions): Promise<{ code: number; output: string }> {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !HOST_VARIABLES.test(name)));
  const env = { ...kept, ...options.node.env, LOGOS_HOME: options.stateFolder };
  return new Promise((resolve, reject) => {
    const child = spawn(options.node.path, [script, '--ensure'], { env, cwd: path.parse(script).root, stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true });
    let output = '';
    const timer = setTimeout(() => end(new AttemptError('timeout', `The gateway did not start within ${options.timeoutMs / 1000} s.`, { isDeath: true })), options.timeoutMs);
    const end = (error: AttemptError) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      child.kill('SIGKILL');
      reject(error);
    };
    const onAbort = () => end(new AttemptError('closed', 'The attempt was given up.'));
    options.signal.addEventListener('abort', onAbort);
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT_BYTES);
      for (const line of text.split('\n')) if (line.trim() !== '') options.onLogLine(line);
    });
    child.once('error', (error) => end(startError(error, options.node.path)));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      // The gateway that was started may hold the pipe open: the exit of the starter is the end.
      child.stderr.destroy();
      resolve({ code: code ?? (signal === null ? 1 : 128), output });
    });
    if (options.signal.aborted) onAbort();
  });
}

function startError(error: NodeJS.ErrnoException, program: string): AttemptError {
  const sentence = error.code === 'ENOENT' ? `Node was not found at ${program}.` : `Node could not be run at ${program}: ${error.message}.`;
  return new AttemptError('no_node', sentence, { isFinal: true });
}

function lastSentence(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? '').slice(0, 300);
}
