import { spawn, type ChildProcess } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { MiddleCut } from './middleCut.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { fileFailure } from './workspacePath.ts';

/** What a command left running may hold its output open for this long after it has exited. */
const closeGraceMs = 500;
/** Between SIGTERM and SIGKILL for a command whose time is over. */
const killGraceMs = 1_000;

/** Runs a shell command in the workspace. */
export const runCommand: Tool = {
  name: 'run_command',
  description:
    'Runs a command with sh -c in the workspace and gives its output and exit code. It has no input and no terminal. A long output is cut in the middle. Start what shall go on running with & and redirect its output to a file.',
  parameters: { command: { type: 'string', description: 'The command line.', isRequired: true } },
  isReadOnly: false,
  needsWriting: false,
  title: (args) => args.requiredText('command').trim(),
  run: (args, context) => new CommandRun(context).run(args),
};

interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One command from its start to its end, in a process group of its own. */
class CommandRun {
  readonly #context: ToolContext;
  readonly #kept: MiddleCut;
  #streamedBytes = 0;
  #isHeldOpen = false;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#kept = new MiddleCut(context.outputBytes);
  }

  async run(args: ToolArguments): Promise<ToolOutcome> {
    const command = args.requiredText('command');
    if (command.includes('\0')) throw new ToolFailure('The command holds a zero character.');
    const { signal, workspacePath } = this.#context;
    signal.throwIfAborted();
    const child = spawn('/bin/sh', ['-c', command], { cwd: workspacePath, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (): void => endGroup(child, signal.reason === 'cancelled' ? 0 : killGraceMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      const exit = await this.#watch(child);
      return this.#describe(exit);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** Reads both pipes; resolves when they are closed, or `closeGraceMs` after the exit. */
  #watch(child: ChildProcess): Promise<CommandExit> {
    for (const stream of [child.stdout, child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream?.on('data', (chunk: Buffer) => this.#take(chunk, decoder, child));
      stream?.on('error', () => undefined);
    }
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(fileFailure(error, '/bin/sh')));
      child.once('exit', (code, signal) => {
        const grace = setTimeout(() => {
          this.#isHeldOpen = true;
          child.stdout?.destroy();
          child.stderr?.destroy();
        }, closeGraceMs);
        child.once('close', () => {
          clearTimeout(grace);
          resolve({ code, signal });
        });
      });
    });
  }

  #take(chunk: Buffer, decoder: StringDecoder, child: ChildProcess): void {
    this.#kept.push(chunk);
    const room = this.#context.outputBytes - this.#streamedBytes;
    if (room <= 0) return;
    this.#streamedBytes += chunk.length;
    const text = decoder.write(chunk.subarray(0, room));
    if (text === '') return;
    const behind = this.#context.onOutput(text);
    if (behind === undefined) return;
    child.stdout?.pause();
    child.stderr?.pause();
    void behind.then(() => {
      child.stdout?.resume();
      child.stderr?.resume();
    });
  }

  #describe({ code, signal }: CommandExit): ToolOutcome {
    const { reason, aborted } = this.#context.signal;
    const isOverTime = aborted && reason === 'timed_out';
    const end = isOverTime ? 'ended because its time was over' : signal === null ? `exit ${code ?? 'unknown'}` : `killed by ${signal}`;
    // A command that ended well and printed something has said all; its row shows the success.
    const isPlain = code === 0 && !aborted && this.#kept.totalBytes > 0;
    const notes = [...(isPlain ? [] : [`[${end}]`]), ...(this.#isHeldOpen ? ['[something runs on in the background; its output is not read any more]'] : [])];
    const text = this.#kept.totalBytes === 0 ? '(no output)\n' : this.#kept.toString();
    const output = notes.length === 0 ? text : `${text}${text.endsWith('\n') ? '' : '\n'}${notes.join('\n')}`;
    const state = isOverTime ? 'timed_out' : aborted ? 'stopped' : code === 0 ? 'done' : 'failed';
    const cut = this.#kept.cutBytes === 0 ? {} : { truncatedBytes: this.#kept.cutBytes };
    return { state, output, ...cut, ...(code === 0 || aborted ? {} : { result: end }) };
  }
}

/** Ends a process group: SIGTERM and, after `graceMs`, SIGKILL; at once where there is no grace. */
function endGroup(child: ChildProcess, graceMs: number): void {
  if (graceMs === 0) return signalGroup(child, 'SIGKILL');
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group is gone.
  }
}
