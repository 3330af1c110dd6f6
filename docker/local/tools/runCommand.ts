import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { describeBackground, findBackground, keepOutput } from './background.ts';
import { openCommandPipe, type CommandPipe } from './commandPipe.ts';
import { MiddleCut } from './middleCut.ts';
import { ToolFailure, type Tool, type ToolContext, type ToolOutcome } from './tool.ts';
import type { ToolArguments } from './toolArguments.ts';
import { fileFailure } from './workspacePath.ts';

/** What a command left running may hold its output open for this long after it has exited. */
const closeGraceMs = 500;
/** Between SIGTERM and SIGKILL for a command whose time is over. */
const killGraceMs = 1_000;
/** What still lives that long after its command runs on; anything else was about to end. */
const runsOnMs = 20;

/** Runs a shell command in the workspace. */
export const runCommand: Tool = {
  name: 'run_command',
  description:
    'Runs a command with sh -c in the workspace and gives its output and exit code. It has no input and no terminal. A long output is cut in the middle. What is started with & runs on until your answer has ended; the result says where its output goes.',
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

/** A command that was started, and the streams that give its output. */
interface StartedCommand {
  readonly child: ChildProcess;
  readonly outputs: readonly Readable[];
  readonly pipe: CommandPipe | undefined;
}

/** Tells the processes of one command apart, whatever session or group they move to. */
const markName = 'LOGOS_COMMAND';

/** One command from its start to its end, in a process group of its own. */
class CommandRun {
  readonly #context: ToolContext;
  readonly #kept: MiddleCut;
  readonly #mark = randomUUID();
  #streamedBytes = 0;
  /** What is said of processes that run on. */
  #background: string | undefined;

  constructor(context: ToolContext) {
    this.#context = context;
    this.#kept = new MiddleCut(context.outputBytes);
  }

  async run(args: ToolArguments): Promise<ToolOutcome> {
    const command = args.requiredText('command');
    if (command.includes('\0')) throw new ToolFailure('The command holds a zero character.');
    const { signal } = this.#context;
    const pipe = await openCommandPipe();
    const started = this.#start(command, pipe);
    const end = (): void => endGroup(started.child, signal.reason === 'cancelled' ? 0 : killGraceMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      const exit = await this.#watch(started);
      return this.#describe(exit);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  #start(command: string, pipe: CommandPipe | undefined): StartedCommand {
    const { signal, workspacePath, environment } = this.#context;
    try {
      signal.throwIfAborted();
      const output = pipe?.writer ?? 'pipe';
      const child = spawn('/bin/sh', ['-c', command], { cwd: workspacePath, detached: true, env: { ...environment, [markName]: this.#mark }, stdio: ['ignore', output, output] });
      const outputs = pipe === undefined ? [child.stdout, child.stderr].filter((stream) => stream !== null) : [pipe.reader];
      return { child, outputs, pipe };
    } catch (error) {
      pipe?.reader.destroy();
      throw error;
    } finally {
      if (pipe !== undefined) fs.closeSync(pipe.writer);
    }
  }

  /** Reads the output; resolves when nobody holds it open, or `closeGraceMs` after the exit. */
  async #watch({ child, outputs, pipe }: StartedCommand): Promise<CommandExit> {
    const closed = outputs.map((stream) => this.#read(stream, outputs));
    const exit = await new Promise<CommandExit>((resolve, reject) => {
      child.once('error', (error) => {
        for (const stream of outputs) stream.destroy();
        reject(fileFailure(error, '/bin/sh'));
      });
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    const isHeldOpen = await Promise.race([Promise.all(closed).then(() => false), sleep(closeGraceMs, true)]);
    await this.#noteBackground({ child, outputs, pipe }, isHeldOpen);
    return exit;
  }

  /** Resolves when the stream has ended. */
  #read(stream: Readable, all: readonly Readable[]): Promise<void> {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => this.#take(chunk, decoder, all));
    stream.on('error', () => undefined);
    return new Promise((resolve) => stream.once('close', resolve));
  }

  /** A command whose time was over, or that was stopped, has taken all of its group with it. */
  async #noteBackground({ child, outputs, pipe }: StartedCommand, isHeldOpen: boolean): Promise<void> {
    if (this.#context.signal.aborted) return outputs.forEach((stream) => stream.destroy());
    const find = (): ReturnType<typeof findBackground> => findBackground({ session: child.pid ?? 0, mark: `${markName}=${this.#mark}`, pipeLink: isHeldOpen ? pipe?.linkName : undefined });
    if (!isHeldOpen && find().length === 0) return;
    await sleep(runsOnMs);
    const processes = find();
    if (!isHeldOpen && processes.length === 0) return;
    const logPath = isHeldOpen ? this.#handOver(outputs) : undefined;
    this.#background = describeBackground(processes, logPath, isHeldOpen);
  }

  #handOver(outputs: readonly Readable[]): string | undefined {
    const paths = outputs.map((stream) => keepOutput(stream.removeAllListeners('data')));
    for (const stream of outputs) stream.resume();
    return paths.every((file) => file === undefined) ? undefined : paths.filter((file) => file !== undefined).join(' and ');
  }

  #take(chunk: Buffer, decoder: StringDecoder, all: readonly Readable[]): void {
    this.#kept.push(chunk);
    const room = this.#context.outputBytes - this.#streamedBytes;
    if (room <= 0) return;
    this.#streamedBytes += chunk.length;
    const text = decoder.write(chunk.subarray(0, room));
    if (text === '') return;
    const behind = this.#context.onOutput(text);
    if (behind === undefined) return;
    for (const stream of all) stream.pause();
    void behind.then(() => all.forEach((stream) => stream.resume()));
  }

  #describe({ code, signal }: CommandExit): ToolOutcome {
    const { reason, aborted } = this.#context.signal;
    const isOverTime = aborted && reason === 'timed_out';
    const end = isOverTime ? 'ended because its time was over' : signal === null ? `exit ${code ?? 'unknown'}` : `killed by ${signal}`;
    // A command that ended well and printed something has said all; its row shows the success.
    const isPlain = code === 0 && !aborted && this.#kept.totalBytes > 0;
    const notes = [...(isPlain ? [] : [`[${end}]`]), ...(this.#background === undefined ? [] : [this.#background])];
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
