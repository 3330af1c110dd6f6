import type { Frame, Task } from '../../server/protocol/worker.ts';
import { startConversation, type ChatMessage } from './conversation.ts';
import { fitContext } from './fitContext.ts';
import type { FrameWriter } from './frameWriter.ts';
import { callModel, type ModelReply } from './modelCall.ts';
import { Replay } from './replay.ts';
import { ToolRunner, type FinishedCall } from './toolRunner.ts';
import { wrapUntrusted } from './untrusted.ts';
import { cancelledError, WorkerError } from './workerError.ts';

type ResultFrame = Extract<Frame, { frame: 'result' }>;

/** The task's loop: the model answers, its tool calls run, it sees their results, until it is done or its steps are spent. */
export class AgentLoop {
  readonly #task: Task;
  readonly #frames: FrameWriter;
  readonly #signal: AbortSignal;
  readonly #tools: ToolRunner;
  readonly #messages: ChatMessage[];
  readonly #toolTokens: number;
  readonly #replay = new Replay();

  constructor(task: Task, frames: FrameWriter, signal: AbortSignal) {
    this.#task = task;
    this.#frames = frames;
    this.#signal = signal;
    this.#tools = new ToolRunner(task, frames, signal);
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
      const finished = await this.#tools.run({ step, calls: reply.toolCalls, kept: reply.kept });
      this.#remember(reply, finished, nudge(step, iterations));
    }
  }

  async #askModel(isLast: boolean): Promise<ModelReply> {
    if (this.#signal.aborted) throw cancelledError();
    this.#frames.write({ frame: 'status', phase: 'prompt' });
    const messages = fitContext(this.#messages, this.#task.model.contextTokens, this.#toolTokens);
    for (;;) {
      try {
        return await this.#callModel(messages, isLast);
      } catch (error) {
        if (!(error instanceof WorkerError) || !this.#replay.learn(error, messages)) throw error;
      }
    }
  }

  async #callModel(messages: readonly ChatMessage[], isLast: boolean): Promise<ModelReply> {
    return await callModel({
      model: this.#task.model,
      messages: this.#replay.toWire(messages),
      tools: this.#tools.definitions,
      toolNames: this.#tools.names,
      isLast,
      signal: this.#signal,
      onDelta: (kind, text) => {
        this.#frames.write({ frame: kind, text });
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
