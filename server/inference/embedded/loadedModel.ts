import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ChatHistoryItem } from './chatHistory.ts';

/** One answer to make. */
export interface Generation {
  readonly history: readonly ChatHistoryItem[];
  readonly temperature: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

/** How an answer ended, with what it cost in tokens. */
export interface GenerationEnd {
  readonly finish: 'stop' | 'length' | 'aborted';
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** A loaded model. It makes one answer at a time. */
export interface LoadedModel {
  readonly contextTokens: number;
  countTokens(text: string): number;
  generate(generation: Generation): Promise<GenerationEnd>;
}

/** The part of node-llama-cpp that is used here; the package itself lies in the component, not among our dependencies. */
interface LlamaPackage {
  readonly getLlama: (options: { gpu: false; build: 'never'; maxThreads: number; logLevel: 'error'; skipDownload: true }) => Promise<{ loadModel(options: { modelPath: string }): Promise<LlamaModel> }>;
  LlamaChat: new (options: { contextSequence: LlamaSequence }) => LlamaChat;
}
interface LlamaModel {
  tokenize(text: string): readonly number[];
  createContext(options: { contextSize: number; threads: number }): Promise<{ getSequence(): LlamaSequence }>;
}
interface LlamaSequence {
  readonly nextTokenIndex: number;
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number };
}
interface LlamaChat {
  generateResponse(
    history: ChatHistoryItem[],
    options: { temperature: number; maxTokens: number; repeatPenalty: typeof repeatPenalty; signal: AbortSignal; stopOnAbortSignal: true; onTextChunk: (text: string) => void },
  ): Promise<{ metadata: { stopReason: string } }>;
}

/** Without it a model this small says one sentence over and over. */
const repeatPenalty = { lastTokens: 128, penalty: 1.1 };

/** Loads the runtime and the weights of a component. `threads` above the number of cores less one makes it many times slower. */
export async function loadModel({ component, weights, contextTokens, threads }: { component: string; weights: string; contextTokens: number; threads: number }): Promise<LoadedModel> {
  const entry = path.join(component, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
  const { getLlama, LlamaChat } = (await import(pathToFileURL(entry).href)) as LlamaPackage;
  const llama = await getLlama({ gpu: false, build: 'never', maxThreads: threads, logLevel: 'error', skipDownload: true });
  const model = await llama.loadModel({ modelPath: weights });
  const context = await model.createContext({ contextSize: contextTokens, threads });
  const sequence = context.getSequence();
  const chat = new LlamaChat({ contextSequence: sequence });

  return {
    contextTokens,
    countTokens: (text) => model.tokenize(text).length,
    async generate({ history, temperature, maxTokens, signal, onText }) {
      const before = { input: sequence.tokenMeter.usedInputTokens, output: sequence.tokenMeter.usedOutputTokens };
      const stopReason = await chat
        .generateResponse([...history], { temperature, maxTokens, repeatPenalty, signal, stopOnAbortSignal: true, onTextChunk: onText })
        .then(({ metadata }) => metadata.stopReason)
        .catch((error: unknown) => {
          if (signal.aborted) return 'abort';
          throw error;
        });
      const evaluated = sequence.tokenMeter.usedInputTokens - before.input;
      const outputTokens = sequence.tokenMeter.usedOutputTokens - before.output;
      const promptTokens = Math.max(evaluated, sequence.nextTokenIndex - outputTokens);
      return { finish: finishOf(stopReason), promptTokens, cachedTokens: promptTokens - evaluated, outputTokens };
    },
  };
}

function finishOf(stopReason: string): GenerationEnd['finish'] {
  if (stopReason === 'abort') return 'aborted';
  return stopReason === 'maxTokens' ? 'length' : 'stop';
}
