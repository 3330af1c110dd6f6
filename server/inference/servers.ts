import type { ServerKind } from '../protocol/models.ts';

/** A model server by its address, whether it runs or not. */
export interface KnownServer {
  readonly id: string;
  readonly name: string;
  readonly kind: ServerKind;
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly isBuiltIn: boolean;
}

/** The model servers that people run on their own machine, at the addresses where these programs listen by themselves. */
export const builtInServers: readonly KnownServer[] = [
  { id: 'lmstudio', name: 'LM Studio', kind: 'lmstudio', baseUrl: 'http://127.0.0.1:1234/v1', isBuiltIn: true },
  { id: 'ollama', name: 'Ollama', kind: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1', isBuiltIn: true },
  { id: 'llamacpp', name: 'llama.cpp', kind: 'llamacpp', baseUrl: 'http://127.0.0.1:8080/v1', isBuiltIn: true },
  { id: 'vllm', name: 'vLLM', kind: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1', isBuiltIn: true },
];

/** The context, in tokens, to reckon with where a server does not tell: what these programs load a model with by themselves. */
export const assumedContextTokens: Readonly<Record<ServerKind, number>> = {
  lmstudio: 4096,
  ollama: 4096,
  llamacpp: 4096,
  vllm: 8192,
  openai_compatible: 32_768,
  embedded: 4096,
};

/** The id of the embedded model among the servers. */
export const embeddedId = 'embedded';
