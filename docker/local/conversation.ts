import type { Members } from '../../server/protocol/kept.ts';
import type { HistoryMessage, Task } from '../../server/protocol/worker.ts';
import { systemPrompt } from './systemPrompt.ts';
import { wrapUntrusted } from './untrusted.ts';

/** A tool call as the model is shown it again; `kept` is what its server wants back with it. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
  readonly kept?: Members | undefined;
}

/** One message of the conversation. */
export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly tool_calls?: readonly ChatToolCall[]; readonly kept?: Members | undefined }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** The conversation that a task starts with. */
export function startConversation(task: Task): ChatMessage[] {
  const canCall = task.tools.length > 0;
  const told = (messages: readonly HistoryMessage[]): ChatMessage[] => messages.flatMap((message) => (canCall ? withCalls(message) : withoutCalls(message)));
  return [{ role: 'system', content: systemPrompt(task) }, ...told(task.history), { role: 'user', content: task.message }, ...told(task.steps ?? []), ...resume(task)];
}

function withCalls(message: HistoryMessage): ChatMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  if (message.toolCalls.length === 0) return [{ role: 'assistant', content: message.text }];
  return [
    {
      role: 'assistant',
      content: message.text,
      tool_calls: message.toolCalls.map(({ callId, tool, args, kept }) => ({ id: callId, type: 'function', function: { name: tool, arguments: JSON.stringify(args) }, kept })),
      kept: message.kept,
    },
    ...message.toolCalls.map(({ callId, tool, result }): ChatMessage => ({ role: 'tool', tool_call_id: callId, content: wrapUntrusted(tool, callId, result) })),
  ];
}

/** Chat templates without tools refuse calls and results, so an earlier call is told in words. */
function withoutCalls(message: HistoryMessage): ChatMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  return [{ role: 'assistant', content: usedTools(message.text, message.toolCalls.map(({ tool }) => tool)) }];
}

/** What was said, and which tools were used then, in words. */
export function usedTools(text: string, tools: readonly string[]): string {
  return [text, ...tools.map((tool) => `[Used ${tool}.]`)].filter((line) => line !== '').join('\n');
}

/** An answer that was cut off, and the wish to go on with it. */
export function askToGoOn(partial: string): ChatMessage[] {
  return [
    { role: 'assistant', content: partial },
    { role: 'user', content: 'Your answer was cut off there. Go on exactly where it stopped, without repeating any of it.' },
  ];
}

/** Behind results a model goes on by itself; behind its own words it is asked to, and so it is where it can see no results. */
function resume({ partial, steps, tools }: Task): ChatMessage[] {
  if (partial !== undefined && partial !== '') return askToGoOn(partial);
  return steps !== undefined && steps.length > 0 && tools.length === 0 ? [{ role: 'user', content: 'You were cut off there. Go on.' }] : [];
}
