import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Task } from '../../server/protocol/worker.ts';
import { askToGoOn, startConversation, type ChatMessage } from './conversation.ts';
import { fitContext } from './fitContext.ts';
import type { FrameWriter } from './frameWriter.ts';
import { callModel, type ModelReply, type ModelToolCall } from './modelCall.ts';
import { OverlapCutter } from './overlap.ts';
import { Replay } from './replay.ts';
import { parseArguments } from './tools/toolArguments.ts';
import { ToolRunner, type FinishedCall, type TaskMeans } from './toolRunner.ts';
import { wrapUntrusted } from './untrusted.ts';
import { cancelledError, WorkerError } from './workerError.ts';

type ResultFrame = Extract<Frame, { frame: 'result' }>;

/** How a stream ends that its server did not end. */
const cutCauses: ReadonlySet<string> = new Set(['truncated', 'connection_lost']);
/** A server that restarts needs a moment. */
const goOnAfterMs = 500;

/** The task's loop: the model answers, its tool calls run, it sees their results, until it is done or its steps are spent. */
export class AgentLoop {
  readonly #task: Task;
  readonly #frames: FrameWriter;
  readonly #signal: AbortSignal;
  readonly #tools: ToolRunner;
  readonly #messages: ChatMessage[];
  readonly #toolTokens: number;
  readonly #replay = new Replay();
  #hasGoneOn = false;
  #hasToldCut = false;

  constructor(task: Task, means: TaskMeans) {
    this.#task = task;
    this.#frames = means.frames;
    this.#signal = means.signal;
    this.#tools = new ToolRunner(task, means);
    this.#messages = startConversation(task);
    this.#toolTokens = Math.ceil(JSON.stringify(this.#tools.definitions).length / 4);
  }

  /** Gives the final frame; throws a WorkerError. */
  async run(): Promise<ResultFrame> {
    const { iterations } = this.#task.limits;
    for (let step = 1; ; step++) {
      const isLast = step === iterations;
      const reply = await this.#askModel(isLast);
      if (reply.notice !== undefined) this.#frames.write({ frame: 'notice', text: reply.notice });
      if (reply.toolCalls.length === 0 || isLast) return finalFrame(reply, step, reply.toolCalls.length > 0 || (isLast && step > 1));
      const cut = cutCallOf(reply);
      if (cut !== undefined) this.#tellCut();
      const finished = await this.#tools.run({ step, calls: reply.toolCalls, kept: reply.kept, cut });
      this.#remember(reply, finished, nudge(step, iterations));
    }
  }

  #tellCut(): void {
    if (this.#hasToldCut) return;
    this.#hasToldCut = true;
    this.#frames.write({ frame: 'notice', text: 'The model reached its limit for one answer in the middle of a tool call; the call was not made, and the model was told to write less at once.' });
  }

  /** Asks for one answer. One that is cut off in the middle is gone on with once in a task. */
  async #askModel(isLast: boolean): Promise<ModelReply> {
    const said = { text: '' };
    try {
      return await this.#askOnce(isLast, said);
    } catch (error) {
      if (!(error instanceof WorkerError) || !cutCauses.has(error.cause ?? '') || this.#hasGoneOn) throw error;
      this.#hasGoneOn = true;
    }
    this.#frames.write({ frame: 'status', phase: 'waiting', text: 'The answer was cut off; asking the model to go on.' });
    await sleep(goOnAfterMs, undefined, { signal: this.#signal }).catch(() => undefined);
    const reply = await this.#askOnce(isLast, said);
    this.#frames.write({ frame: 'notice', text: 'The connection to the model was lost once; the model went on with its answer by itself.' });
    return { ...reply, text: said.text };
  }

  /** `said` is what was said of this answer before, and grows by what is said. */
  async #askOnce(isLast: boolean, said: { text: string }): Promise<ModelReply> {
    if (this.#signal.aborted) throw cancelledError();
    this.#frames.write({ frame: 'status', phase: 'prompt' });
    const conversation = said.text.trim() === '' ? this.#messages : [...this.#messages, ...askToGoOn(said.text)];
    const messages = fitContext(conversation, this.#task.model.contextTokens, this.#toolTokens);
    const overlap = new OverlapCutter(said.text);
    const say = (kind: 'text' | 'thinking', text: string): void => {
      if (text === '') return;
      if (kind === 'text') said.text += text;
      this.#frames.write({ frame: kind, text });
    };
    for (;;) {
      try {
        const reply = await this.#callModel(messages, isLast, (kind, text) => say(kind, kind === 'text' ? overlap.push(text) : text));
        say('text', overlap.end());
        return reply;
      } catch (error) {
        say('text', overlap.end());
        if (!(error instanceof WorkerError) || !this.#replay.learn(error, messages)) throw error;
      }
    }
  }

  async #callModel(messages: readonly ChatMessage[], isLast: boolean, say: (kind: 'text' | 'thinking', text: string) => void): Promise<ModelReply> {
    return await callModel({
      model: this.#task.model,
      messages: this.#replay.toWire(messages),
      tools: this.#tools.definitions,
      toolNames: this.#tools.names,
      isLast,
      signal: this.#signal,
      onDelta: (kind, text) => {
        say(kind, text);
        return this.#frames.isBehind ? this.#frames.drained() : undefined;
      },
    });
  }

  #remember(reply: ModelReply, finished: readonly FinishedCall[], note: string): void {
    this.#messages.push({
      role: 'assistant',
      content: reply.text,
      tool_calls: finished.map(({ callId, tool, args, kept }) => ({ id: callId, type: 'function', function: { name: tool, arguments: args }, kept })),
      kept: reply.kept,
    });
    for (const [index, { callId, tool, output }] of finished.entries()) {
      const isLastOne = index === finished.length - 1;
      this.#messages.push({ role: 'tool', tool_call_id: callId, content: `${wrapUntrusted(tool, callId, output)}${isLastOne ? note : ''}` });
    }
  }
}

/** The call that the model's limit for one answer cut: the last one, when its arguments are not whole. */
function cutCallOf({ finish, toolCalls }: ModelReply): ModelToolCall | undefined {
  const last = finish === 'length' ? toolCalls.at(-1) : undefined;
  return last !== undefined && (last.args.trim() === '' || parseArguments(last.args) === undefined) ? last : undefined;
}

function finalFrame(reply: ModelReply, iterations: number, isSpent: boolean): ResultFrame {
  return {
    frame: 'result',
    outcome: isSpent ? 'iterations_spent' : 'completed',
    text: reply.isThinkingOnly ? reply.thinking : reply.text,
    iterations,
    ...(reply.isThinkingOnly ? { fromReasoning: true } : {}),
  };
}

/** What the model is told about its steps when many are spent, behind the marks of the last result. */
function nudge(step: number, iterations: number): string {
  const left = iterations - step;
  if (left === 1) return '\n\nNote: this was your last tool call. Answer the person now, in words, with what you have.';
  const isDue = (share: number): boolean => step === Math.floor(iterations * share);
  if (iterations < 10 || !(isDue(0.7) || isDue(0.9))) return '';
  return `\n\nNote: ${step} of your ${iterations} steps are spent. ${isDue(0.9) ? 'Finish now: answer the person with what you have.' : 'Work towards your answer.'}`;
}
