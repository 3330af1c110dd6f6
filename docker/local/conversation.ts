import type { HistoryMessage, Task } from '../../server/protocol/worker.ts';
import { systemPrompt } from './systemPrompt.ts';
import { wrapUntrusted } from './untrusted.ts';

/** A tool call as the model is shown it again. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** One message of the chat completions wire. */
export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly tool_calls?: readonly ChatToolCall[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** The conversation that a task starts with. */
export function startConversation(task: Task): ChatMessage[] {
  const canCall = task.tools.length > 0;
  return [
    { role: 'system', content: systemPrompt(task) },
    ...task.history.flatMap((message) => (canCall ? withCalls(message) : withoutCalls(message))),
    { role: 'user', content: task.message },
    ...resume(task.partial),
  ];
}

function withCalls(message: HistoryMessage): ChatMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  if (message.toolCalls.length === 0) return [{ role: 'assistant', content: message.text }];
  return [
    {
      role: 'assistant',
      content: message.text,
      tool_calls: message.toolCalls.map(({ callId, tool, args }) => ({ id: callId, type: 'function', function: { name: tool, arguments: JSON.stringify(args) } })),
    },
    ...message.toolCalls.map(({ callId, tool, result }): ChatMessage => ({ role: 'tool', tool_call_id: callId, content: wrapUntrusted(tool, callId, result) })),
  ];
}

/** Chat templates without tools refuse calls and results, so an earlier call is told in words. */
function withoutCalls(message: HistoryMessage): ChatMessage[] {
  if (message.role === 'user') return [{ role: 'user', content: message.text }];
  const used = message.toolCalls.map((call) => `[Used ${call.tool}.]`);
  const content = [message.text, ...used].filter((line) => line !== '').join('\n');
  return [{ role: 'assistant', content }];
}

function resume(partial: string | undefined): ChatMessage[] {
  if (partial === undefined || partial === '') return [];
  return [
    { role: 'assistant', content: partial },
    { role: 'user', content: 'Your answer was cut off there. Go on exactly where it stopped, without repeating any of it.' },
  ];
}
