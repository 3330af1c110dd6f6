import { callModel } from './modelCall.ts';
import { createChatStreamReader } from '../../server/inference/wire/chatStream.ts';

const chunk = (delta: object, finish: string | null): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** Goes once through what a model call runs through, with nobody at the other end: what is loaded and compiled here the first token need not wait for. */
export function rehearseModelCall(): void {
  const reader = createChatStreamReader({ contentType: 'text/event-stream' });
  reader.push(Buffer.from(chunk({ reasoning_content: 'a' }, null) + chunk({ content: 'b' }, null) + chunk({}, 'stop')));
  reader.push(Buffer.from('data: [DONE]\n\n'));
  const model = { baseUrl: 'http://inference.local/v1', socketPath: '/nonexistent', name: '', params: {}, contextTokens: 1 };
  const call = callModel({ model, messages: [], tools: [], toolNames: [], isLast: false, signal: new AbortController().signal, onDelta: () => undefined });
  // It cannot succeed.
  call.catch(() => undefined);
}
