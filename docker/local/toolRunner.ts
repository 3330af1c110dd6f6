import type { Kept, Members } from '../../server/protocol/kept.ts';
import type { Task } from '../../server/protocol/worker.ts';
import type { ModelToolCall } from './modelCall.ts';
import type { FrameWriter } from './frameWriter.ts';
import { EarlierTurns } from './files/earlierTurns.ts';
import { SeenFiles } from './files/seenFiles.ts';
import { takeBackCutWrites } from './files/writeInPlace.ts';
import { sendableId } from '../../server/inference/wire/calls/sendableCalls.ts';
import { meantTool, sendableName } from '../../server/inference/wire/calls/toolNames.ts';
import { Repetition } from './repetition.ts';
import { cutMiddle } from './tools/middleCut.ts';
import { ToolFailure, type Tool, type ToolAbortReason, type ToolContext, type ToolEndState, type ToolOutcome } from './tools/tool.ts';
import { checkArguments, parseArguments, type ToolArguments } from './tools/toolArguments.ts';
import { chooseTools, toDefinition } from './tools/tools.ts';
import { cancelledError, WorkerError } from './workerError.ts';

/** A tool call with what it gave. */
export interface FinishedCall {
  readonly callId: string;
  readonly tool: string;
  /** The arguments as JSON text, `{}` where the model wrote none that parse. */
  readonly args: string;
  readonly output: string;
  readonly kept: Members | undefined;
}

/** The step of the answer that calls belong to. */
export interface CallsOfStep {
  readonly step: number;
  readonly calls: readonly ModelToolCall[];
  /** What the server of the model sent along with the message. */
  readonly kept: Members | undefined;
  /** The one of them that the model's limit for one answer cut. */
  readonly cut: ModelToolCall | undefined;
}

/** A call that is about to run, or that is refused with a sentence for the model. */
interface PlannedCall {
  readonly callId: string;
  readonly name: string;
  readonly rawArgs: Record<string, unknown>;
  readonly tool: Tool | undefined;
  readonly args: ToolArguments | undefined;
  readonly refusal: string | undefined;
  /** What goes with it for the model's server. */
  readonly kept: Kept;
}

/** A file read may be longer than a tool's output otherwise. */
const maxReadBytes = 262_144 + 1_024;
const maxParallel = 4;
/** Told as a fault of its JSON, the model writes the same length again and is cut again. */
const cutCall = 'Your limit for one answer cut this call in the middle of its arguments; it was not run. The same call would be cut again: write less at once, for example a long file in several parts.';

/** What a task works with beside what it was told. */
export interface TaskMeans {
  readonly frames: FrameWriter;
  /** Aborts when the task is cancelled. */
  readonly signal: AbortSignal;
  /** What its commands inherit. */
  readonly environment: ToolContext['environment'];
}

/** Runs the tool calls of a task, and tells each in frames. */
export class ToolRunner {
  /** The tools as the model is offered them. */
  readonly definitions: readonly Record<string, unknown>[];
  readonly #tools: readonly Tool[];
  readonly #task: Task;
  readonly #frames: FrameWriter;
  readonly #signal: AbortSignal;
  readonly #environment: TaskMeans['environment'];
  readonly #repetition = new Repetition();
  readonly #seen = new SeenFiles();
  readonly #earlier: EarlierTurns;
  readonly #usedIds = new Set<string>();

  constructor(task: Task, { frames, signal, environment }: TaskMeans) {
    this.#task = task;
    this.#frames = frames;
    this.#signal = signal;
    this.#environment = environment;
    this.#earlier = new EarlierTurns(task.history, task.workspace.path);
    this.#tools = chooseTools(task.tools, task.workspace.access);
    this.definitions = this.#tools.map(toDefinition);
    for (const message of [...task.history, ...(task.steps ?? [])]) if (message.role === 'assistant') for (const call of message.toolCalls) this.#usedIds.add(call.callId);
  }

  get names(): string[] {
    return this.#tools.map(({ name }) => name);
  }

  /** Runs the calls of one answer, neighbouring read-only ones at once; gives the results in the order of the calls. */
  async run({ step, calls, kept, cut }: CallsOfStep): Promise<FinishedCall[]> {
    const finished: FinishedCall[] = [];
    const keptWith = (call: ModelToolCall): Kept => ({ step, ...(call === calls[0] && kept !== undefined ? { message: kept } : {}), ...(call.kept === undefined ? {} : { call: call.kept }) });
    for (let at = 0; at < calls.length; ) {
      const batch = this.#nextBatch(calls.slice(at), keptWith, cut);
      finished.push(...(await Promise.all(batch.map((call) => this.#runOne(call)))));
      at += batch.length;
    }
    return finished;
  }

  #nextBatch(calls: readonly ModelToolCall[], keptWith: (call: ModelToolCall) => Kept, cut: ModelToolCall | undefined): PlannedCall[] {
    const batch: PlannedCall[] = [];
    for (const call of calls.slice(0, maxParallel)) {
      const isReadOnly = this.#find(meantTool(call.name, this.names) ?? '')?.isReadOnly === true;
      if (batch.length > 0 && !isReadOnly) break;
      batch.push(this.#plan(call, keptWith(call), call === cut));
      if (!isReadOnly) break;
    }
    return batch;
  }

  #find(name: string): Tool | undefined {
    return this.#tools.find((tool) => tool.name === name);
  }

  #plan(call: ModelToolCall, kept: Kept, isCut: boolean): PlannedCall {
    const meant = meantTool(call.name, this.names);
    const tool = meant === undefined ? undefined : this.#find(meant);
    const name = meant ?? sendableName(call.name);
    const parsed = parseArguments(call.args);
    const rawArgs = parsed ?? {};
    const verdict = this.#repetition.judge(name, parsed === undefined ? call.args : JSON.stringify(parsed));
    if (verdict === 'end') throw new WorkerError('model_error', `The model made the same call of ${name} again and again.`, 'Retry, say it in other words, or choose another model.');
    const planned = { callId: this.#uniqueId(call.id), name, rawArgs, tool, kept };
    const refuse = (refusal: string): PlannedCall => ({ ...planned, args: undefined, refusal });
    if (tool === undefined) return refuse(this.#tools.length === 0 ? 'There are no tools in this conversation.' : `There is no tool ${planned.name}. The tools are ${this.names.join(', ')}.`);
    if (isCut) return refuse(cutCall);
    if (parsed === undefined) return refuse('The arguments are not a JSON object. Make the call again with valid JSON.');
    const args = checkArguments(parsed, tool.parameters);
    if (typeof args === 'string') return refuse(`The arguments do not fit: ${args}`);
    if (verdict === 'warn') return refuse('This is the third time in a row that you make this very call; it was not run again. Its result will not change. Do something else, or answer the person.');
    return { ...planned, args, refusal: undefined };
  }

  /** Some servers name no ids, or the same one for every answer; frames and history need each once. */
  #uniqueId(id: string | undefined): string {
    const base = id === undefined || !sendableId.test(id) ? 'call' : id;
    let unique = id === base ? base : `${base}_${this.#usedIds.size + 1}`;
    for (let count = 2; this.#usedIds.has(unique); count++) unique = `${base}_${count}`;
    this.#usedIds.add(unique);
    return unique;
  }

  async #runOne(call: PlannedCall): Promise<FinishedCall> {
    const startedAt = performance.now();
    this.#frames.write({ frame: 'tool_start', callId: call.callId, tool: call.name, title: titleOf(call), args: call.rawArgs, kept: call.kept });
    const { outcome, error } = await this.#outcomeOf(call);
    const { text: output, cutBytes } = cutMiddle(outcome.output, call.name === 'read_file' ? maxReadBytes : Math.max(this.#task.limits.outputBytes + 1_024, 2_048));
    const truncatedBytes = (outcome.truncatedBytes ?? 0) + cutBytes;
    this.#frames.write({
      frame: 'tool_end',
      callId: call.callId,
      state: outcome.state,
      durationMs: performance.now() - startedAt,
      output,
      ...(outcome.result === undefined ? {} : { result: outcome.result }),
      ...(truncatedBytes === 0 ? {} : { truncatedBytes }),
      ...(error === undefined ? {} : { error: error.slice(0, 2_000) }),
    });
    if (this.#signal.aborted) throw cancelledError();
    await this.#frames.drained();
    return { callId: call.callId, tool: call.name, args: JSON.stringify(call.rawArgs), output, kept: call.kept.call };
  }

  async #outcomeOf({ tool, args, callId, refusal }: PlannedCall): Promise<{ outcome: ToolOutcome; error?: string }> {
    if (tool === undefined || args === undefined) return failed('failed', refusal ?? 'The call cannot be made.');
    const call = new AbortController();
    const onCancel = (): void => call.abort('cancelled' satisfies ToolAbortReason);
    const timer = setTimeout(() => call.abort('timed_out' satisfies ToolAbortReason), this.#task.limits.toolMs);
    this.#signal.addEventListener('abort', onCancel, { once: true });
    if (this.#signal.aborted) onCancel();
    try {
      await takeBackCutWrites(this.#task.workspace.path);
      const outcome = await tool.run(args, {
        workspacePath: this.#task.workspace.path,
        environment: this.#environment,
        outputBytes: this.#task.limits.outputBytes,
        signal: call.signal,
        seen: this.#seen,
        earlierTextOf: (file) => this.#earlier.textOf(file),
        onOutput: (text) => this.#onOutput(callId, text),
      });
      return { outcome: outcome.state === 'timed_out' ? { ...outcome, result: this.#timeWord() } : outcome };
    } catch (error) {
      if (call.signal.reason === 'cancelled') return failed('stopped', 'The call was stopped.');
      if (call.signal.aborted) return failed('timed_out', `The call was ended: it ${this.#timeWord()}.`, this.#timeWord());
      return failed('failed', error instanceof ToolFailure ? error.message : `The tool failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', onCancel);
    }
  }

  #onOutput(callId: string, text: string): Promise<void> | undefined {
    this.#frames.write({ frame: 'tool_output', callId, text });
    return this.#frames.isBehind ? this.#frames.drained() : undefined;
  }

  #timeWord(): string {
    return `timed out after ${this.#task.limits.toolMs / 1_000} s`;
  }
}

function failed(state: ToolEndState, error: string, result?: string): { outcome: ToolOutcome; error: string } {
  return { outcome: { state, output: `Error: ${error}`, ...(result === undefined ? {} : { result }) }, error };
}

function titleOf({ tool, args, name }: PlannedCall): string {
  const title = tool !== undefined && args !== undefined ? tool.title(args) : '';
  return (title === '' ? name : title).slice(0, 2_000).toWellFormed();
}
