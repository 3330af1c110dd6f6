import type { JsonObject } from '../../server/inference/wire/jsonFields.ts';
import { namesSaid } from '../../server/inference/wire/calls/keptMembers.ts';
import { sendableCalls } from '../../server/inference/wire/calls/sendableCalls.ts';
import type { Members } from '../../server/protocol/kept.ts';
import { usedTools, type ChatMessage, type ChatToolCall } from './conversation.ts';
import type { WorkerError } from './workerError.ts';

type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>;

/**
 * Gives earlier messages back to the model's server as that server takes them. What it sent along with its calls goes back with them, until
 * it refuses that; and calls that came without what it asks for are told in words.
 */
export class Replay {
  readonly #refused = new Set<string>();
  #isInWords = false;
  /** A member that the server asks for on every answer, also on those that had none. */
  #filled: string | undefined;

  /** The messages as they go over the wire. */
  toWire(messages: readonly ChatMessage[]): readonly unknown[] {
    return sendableCalls(this.#isInWords ? inWords(messages) : messages).map((message) => (message.role === 'assistant' ? this.#withKept(message) : message));
  }

  /** Learns from a refusal; true when the same messages can be sent again in another form. */
  learn(error: WorkerError, messages: readonly ChatMessage[]): boolean {
    if (error.class !== 'model_error' || error.status === undefined || error.status < 400 || error.status >= 500) return false;
    if (error.cause === 'wants_back') {
      const isNew = !this.#isInWords && messages.some(isBare);
      this.#isInWords = true;
      return isNew || this.#fill(error.message, messages);
    }
    const sent = namesIn(messages).filter((name) => !this.#refused.has(name));
    const named = namesSaid(error.message, sent);
    const dropped = named.length > 0 || error.cause !== 'refuses_member' ? named : sent;
    for (const name of dropped) this.#refused.add(name);
    return dropped.length > 0;
  }

  #fill(message: string, messages: readonly ChatMessage[]): boolean {
    const name = /\breasoning(?:_content)?\b/.exec(message)?.[0];
    if (this.#filled !== undefined || name === undefined || !messages.some(({ role }) => role === 'assistant')) return false;
    this.#filled = name;
    return true;
  }

  #withKept({ kept, tool_calls: calls, ...message }: AssistantMessage): JsonObject {
    const filled = this.#filled === undefined ? {} : { [this.#filled]: '' };
    if (calls === undefined) return { ...filled, ...message };
    return { ...filled, ...this.#allowed(kept), ...message, tool_calls: calls.map((call) => this.#callWithKept(call)) };
  }

  #callWithKept({ kept, function: called, ...call }: ChatToolCall): JsonObject {
    const { function: inner, ...rest } = this.#allowed(kept);
    return { ...rest, ...call, function: { ...(typeof inner === 'object' ? this.#allowed(inner as Members) : {}), ...called } };
  }

  #allowed(members: Members | undefined): JsonObject {
    return Object.fromEntries(Object.entries(members ?? {}).filter(([name]) => !this.#refused.has(name)));
  }
}

/** Calls without anything that their server sent along. */
function isBare(message: ChatMessage): boolean {
  return message.role === 'assistant' && message.tool_calls !== undefined && message.kept === undefined && message.tool_calls.every(({ kept }) => kept === undefined);
}

/** Bare calls as words, with their results as a message to the model, so that none of them asks for what cannot be given back. */
function inWords(messages: readonly ChatMessage[]): ChatMessage[] {
  const told: ChatMessage[] = [];
  let isBehindBare = false;
  for (const message of messages) {
    if (message.role === 'assistant') {
      isBehindBare = isBare(message);
      told.push(isBehindBare ? { role: 'assistant', content: usedTools(message.content, (message.tool_calls ?? []).map((call) => call.function.name)) } : message);
    } else if (message.role === 'tool' && isBehindBare) {
      const last = told.at(-1);
      if (last?.role === 'user') told.splice(-1, 1, { role: 'user', content: `${last.content}\n\n${message.content}` });
      else told.push({ role: 'user', content: message.content });
    } else told.push(message);
  }
  return told;
}

function namesIn(messages: readonly ChatMessage[]): string[] {
  const names = messages.flatMap((message) => (message.role === 'assistant' ? [...Object.keys(message.kept ?? {}), ...(message.tool_calls ?? []).flatMap(({ kept }) => namesOfCall(kept))] : []));
  return [...new Set(names)];
}

function namesOfCall(kept: Members | undefined): string[] {
  const inner = kept?.['function'];
  return [...Object.keys(kept ?? {}).filter((name) => name !== 'function'), ...(typeof inner === 'object' && inner !== null ? Object.keys(inner) : [])];
}
