import { AppError } from '../base/appError.ts';
import type { Message } from '../protocol/messages.ts';
import type { SessionEvent } from '../protocol/sessions.ts';
import { applyToMessage } from '../protocol/transcript.ts';
import type { Frame } from '../protocol/worker.ts';
import { DeltaThrottle, defaultThrottle, type ThrottleClock } from './deltaThrottle.ts';

/** Bounds of one answer; a worker that exceeds them is ended. */
export const answerLimits = { bytes: 8_388_608, parts: 2_000, liveOutputCharacters: 65_536 } as const;

type ContentFrame = Extract<Frame, { frame: 'text' | 'thinking' | 'tool_start' | 'tool_output' | 'tool_end' }>;
type StreamKey = { readonly kind: 'text' | 'thinking' | 'output'; readonly partId: string };

/**
 * Turns the frames of one task into the events of one assistant message, and holds that message as it stands.
 * Part ids and offsets are made here, never taken from the worker. Throws `sandbox_limit` when the answer grows past `answerLimits`.
 */
export class AnswerBuilder {
  #message: Message;
  readonly #emit: (event: SessionEvent) => void;
  readonly #now: () => number;
  readonly #throttle: DeltaThrottle<StreamKey>;
  /** Characters already sent per part, which is the offset of the next delta. */
  readonly #sent = new Map<string, number>();
  readonly #partOfCall = new Map<string, string>();
  #open: StreamKey | undefined;
  /** Of all texts as JSON in UTF-8: what is stored and sent, and what a control character costs six of. */
  #bytes = 0;
  #parts = 0;

  constructor(options: { message: Message; emit: (event: SessionEvent) => void; now: () => number; clock?: ThrottleClock }) {
    this.#message = options.message;
    this.#emit = options.emit;
    this.#now = options.now;
    this.#throttle = new DeltaThrottle<StreamKey>(
      (key, text) => this.#sendDelta(key, text),
      (a, b) => a.partId === b.partId,
      defaultThrottle,
      options.clock,
    );
  }

  /** The message with everything that was accepted so far. */
  get message(): Message {
    return this.#message;
  }

  /** Whether anything that a reader would call an answer has come. */
  get hasContent(): boolean {
    return this.#message.parts.some((part) => part.kind === 'tool' || part.text.trim() !== '');
  }

  /** `route` is where the model of this task is reached, by `routeKey`: what its server wants back is kept for it alone. */
  accept(frame: ContentFrame, route = ''): void {
    switch (frame.frame) {
      case 'text':
      case 'thinking':
        return this.#acceptText(frame.frame, frame.text);
      case 'tool_start':
        return this.#startTool(frame, route);
      case 'tool_output':
        return this.#acceptOutput(frame.callId, frame.text);
      case 'tool_end':
        return this.#endTool(frame);
    }
  }

  /** Sends what waits; tools that still run are marked with `state`. */
  finish(state: 'stopped' | 'failed'): void {
    this.#throttle.flush();
    for (const part of this.#message.parts) {
      if (part.kind !== 'tool' || (part.state !== 'running' && part.state !== 'pending')) continue;
      this.#apply({ kind: 'tool.ended', messageId: this.#message.id, partId: part.partId, state, durationMs: Math.max(0, this.#now() - part.startedAt) });
    }
  }

  #acceptText(kind: 'text' | 'thinking', text: string): void {
    if (text === '') return;
    this.#count(text);
    if (this.#open?.kind !== kind) {
      this.#throttle.flush();
      this.#open = { kind, partId: this.#newPartId() };
    }
    this.#throttle.push(this.#open, text);
  }

  #startTool(frame: Extract<ContentFrame, { frame: 'tool_start' }>, route: string): void {
    this.#throttle.flush();
    this.#open = undefined;
    this.#count(frame);
    const partId = this.#newPartId();
    this.#partOfCall.set(frame.callId, partId);
    const { frame: _frame, kept, ...call } = frame;
    const started = { kind: 'tool.started' as const, messageId: this.#message.id, partId, ...call, ...(kept === undefined ? {} : { kept: { ...kept, route } }) };
    this.#apply(started);
  }

  #acceptOutput(callId: string, text: string): void {
    const partId = this.#partOfCall.get(callId);
    if (partId === undefined || text === '') return;
    const room = answerLimits.liveOutputCharacters - this.#outputLength(partId);
    if (room <= 0) return;
    const kept = text.slice(0, room);
    this.#count(kept);
    this.#throttle.push({ kind: 'output', partId }, kept);
  }

  #endTool(frame: Extract<ContentFrame, { frame: 'tool_end' }>): void {
    this.#throttle.flush();
    const partId = this.#partOfCall.get(frame.callId);
    if (partId === undefined) return;
    this.#partOfCall.delete(frame.callId);
    const { frame: _frame, callId: _callId, output, ...facts } = frame;
    const messageId = this.#message.id;
    const part = this.#message.parts.find((candidate) => candidate.partId === partId);
    if (part?.kind === 'tool' && part.output !== output) {
      this.#count(output);
      this.#apply({ kind: 'tool.output', messageId, partId, offset: 0, text: output });
    }
    this.#apply({ kind: 'tool.ended', messageId, partId, ...facts });
  }

  #outputLength(partId: string): number {
    return this.#sent.get(partId) ?? 0;
  }

  #sendDelta(key: StreamKey, text: string): void {
    const offset = this.#sent.get(key.partId) ?? 0;
    this.#sent.set(key.partId, offset + text.length);
    const at = { messageId: this.#message.id, partId: key.partId, offset, text };
    this.#apply(key.kind === 'output' ? { kind: 'tool.output', ...at } : { kind: 'part.delta', part: key.kind, ...at });
  }

  #apply(event: SessionEvent): void {
    this.#message = applyToMessage(this.#message, event, this.#now());
    this.#emit(event);
  }

  #newPartId(): string {
    this.#parts += 1;
    if (this.#parts > answerLimits.parts) throw tooLarge(`more than ${answerLimits.parts} parts`);
    return `p${this.#parts}`;
  }

  #count(content: unknown): void {
    this.#bytes += Buffer.byteLength(JSON.stringify(content));
    if (this.#bytes > answerLimits.bytes) throw tooLarge(`more than ${answerLimits.bytes / 1_048_576} MiB`);
  }
}

function tooLarge(what: string): AppError {
  return new AppError('sandbox_limit', `The agent sent ${what} in one answer and was stopped.`, { reason: 'answer_size', hint: 'Retry, or ask for a shorter answer.' });
}
