import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { AttemptError } from './attemptError.ts';
import type { NodeChoice } from './nodeChoice.ts';

/** What the starter of the gateway is run with. */
export interface StarterOptions {
  readonly node: NodeChoice;
  /** The folder of the bundles, with server.js in it. */
  readonly distFolder: string;
  readonly stateFolder: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** A person asks for the start: that the gateway died too often lately does not count. */
  readonly isAnew: boolean;
  /** The Node that a person named in the settings, for the gateway itself. */
  readonly chosenNode: string | undefined;
  /** Takes what the starter wrote to stderr, line by line. */
  readonly onLogLine: (line: string) => void;
}

/** Exit codes of a program that can never start here: not executable, not found, illegal instruction, missing library (Windows). */
const HOPELESS_EXITS: ReadonlySet<number> = new Set([126, 127, 132, 3_221_225_781, 3_221_225_785]);
const MAX_OUTPUT_CHARACTERS = 64 * 1024;
/** Variables that change what a Node program does; they belong to the extension host, not to the gateway. */
const HOST_VARIABLES = /^(NODE_|ELECTRON_|VSCODE_)/;

/** Runs the starter, `server.js --ensure`, which attaches to the gateway of a state directory or starts it; resolves when the pointer file is there. Rejects with AttemptError. */
export async function runGatewayStarter(options: StarterOptions): Promise<void> {
  const script = path.join(options.distFolder, 'server.js');
  if (!existsSync(script)) throw new AttemptError('no_server', 'The gateway is missing from this extension.', { isFinal: true });
  const { code, stdout, stderr } = await spawnStarter(script, options);
  if (code === 0) return;
  const error = readStartError(stdout);
  const reason = error?.message ?? lastSentence(stderr);
  const sentence = reason === '' ? `The gateway did not start (code ${code}).` : reason;
  throw new AttemptError(error?.isBudgetSpent === true ? 'crash_budget' : 'start_failed', sentence, { isDeath: true, isFinal: HOPELESS_EXITS.has(code) || error?.isHopeless === true, hint: error?.hint });
}

interface StartError {
  readonly message: string;
  readonly hint: string | undefined;
  readonly isHopeless: boolean;
  readonly isBudgetSpent: boolean;
}

/** What the starter printed instead of a pointer: `{error}`, as the contract has it. */
function readStartError(stdout: string): StartError | undefined {
  try {
    const { error } = JSON.parse(stdout) as { error?: Record<string, unknown> };
    const { message, hint, retryable, cause } = error ?? {};
    if (typeof message !== 'string') return undefined;
    const isBudgetSpent = cause === 'crash_budget';
    return { message, hint: typeof hint === 'string' ? hint : undefined, isHopeless: retryable === false || isBudgetSpent, isBudgetSpent };
  } catch {
    return undefined;
  }
}

interface StarterEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function starterEnvironment({ node, stateFolder, chosenNode }: StarterOptions): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !HOST_VARIABLES.test(name)));
  return { ...kept, ...node.env, LOGOS_HOME: stateFolder, ...(chosenNode === undefined ? {} : { LOGOS_NODE: chosenNode }) };
}

function spawnStarter(script: string, options: StarterOptions): Promise<StarterEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(options.node.path, [script, '--ensure', ...(options.isAnew ? ['--anew'] : [])], { env: starterEnvironment(options), cwd: path.parse(script).root, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const output = { stdout: '', stderr: '' };
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
      finish();
    };
    const giveUp = (error: AttemptError) =>
      settle(() => {
        child.kill('SIGKILL');
        reject(error);
      });
    const onAbort = () => giveUp(new AttemptError('closed', 'The attempt was given up.'));
    const timer = setTimeout(() => giveUp(new AttemptError('timeout', `The gateway did not start within ${options.timeoutMs / 1000} s.`, { isDeath: true })), options.timeoutMs);
    options.signal.addEventListener('abort', onAbort);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => (output[name] = (output[name] + text).slice(-MAX_OUTPUT_CHARACTERS)));
    }
    child.once('error', (error) => giveUp(startError(error, options.node.path)));
    child.once('close', (code, signal) =>
      settle(() => {
        for (const line of output.stderr.split('\n')) if (line.trim() !== '') options.onLogLine(line);
        resolve({ code: code ?? (signal === null ? 1 : 128), ...output });
      }),
    );
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
