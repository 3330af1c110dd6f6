import type { Script } from '../script.ts';

/** A tool call that a reader must have put together. */
export interface ExpectedTool {
  readonly id?: string;
  readonly name: string;
  readonly args: string;
}

/** One row of the conformance suite: what is on the wire and what a reader must make of it. */
export interface Row {
  /** The scenario's name, for `[[scenario:NAME]]`. */
  readonly name: string;
  /** What is on the wire, in a few words. */
  readonly what: string;
  readonly script: Script;
  readonly think?: 'prefilled';
  readonly expect: {
    readonly text?: string;
    readonly thinking?: string;
    readonly tools?: readonly ExpectedTool[];
    readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly reasoningTokens?: number; readonly cachedTokens?: number; readonly tokensPerSecond?: number };
    /** A good end, with the finish; or a bad one, with class and cause. */
    readonly finish?: 'stop' | 'length' | 'tool_calls' | 'filter' | 'cut' | 'unknown';
    readonly isThinkingOnly?: boolean;
    readonly error?: { readonly class: string; readonly cause: string };
  };
}

/** An event around the content of a delta. */
export const said = (content: string, finish: string | null = null): string => event({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });

/** An event around a delta. */
export const delta = (fields: unknown, finish: string | null = null): string => event({ choices: [{ index: 0, delta: fields, finish_reason: finish }] });

/** An event around any JSON. */
export const event = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;

export const done = 'data: [DONE]\n\n';

export const raw = (text: string, more: Omit<Script, 'steps'> = {}): Script => ({ ...more, steps: [{ raw: text }] });

/** A body that is not a stream. */
export const body = (text: string, contentType: string, status = 200): Script => ({ status, headers: { 'content-type': contentType }, steps: [{ raw: text }] });
