import type { ChatMessage } from './conversation.ts';
import { cutMiddle } from './tools/middleCut.ts';

const leftOut = '[This result was left out: it no longer fits into the model\'s context. Call the tool again if you need it.]';
const minResultBytes = 1_024;

/**
 * Gives the conversation in a form that fits the model's context: what its server may want back with earlier answers is left out first,
 * then the oldest tool results, and the newest ones are cut in the middle. What people and the model said is never touched; whether that
 * fits is the gateway's part.
 */
export function fitContext(messages: readonly ChatMessage[], contextTokens: number, toolTokens: number): ChatMessage[] {
  const room = contextTokens - Math.min(4_096, Math.floor(contextTokens / 4)) - toolTokens;
  const fitted = [...messages];
  let tokens = fitted.reduce((sum, message) => sum + estimate(message), 0);
  const results = fitted.flatMap((message, index) => (message.role === 'tool' ? [index] : []));
  const lastAnswer = fitted.findLastIndex((message) => message.role === 'assistant');
  for (let index = 0; index < lastAnswer && tokens > room; index++) tokens -= dropKept(fitted, index);
  for (const index of results) {
    if (tokens <= room) break;
    if (index < lastAnswer) tokens -= replace(fitted, index, leftOut);
  }
  const newest = results.filter((index) => index > lastAnswer);
  const excess = Math.max(0, tokens - room);
  if (excess === 0 || newest.length === 0) return fitted;
  const total = newest.reduce((sum, index) => sum + Buffer.byteLength(contentOf(fitted[index])), 0);
  const kept = Math.max(0, total - excess * bytesPerToken) / Math.max(1, total);
  for (const index of newest) {
    const content = contentOf(fitted[index]);
    replace(fitted, index, cutMiddle(content, Math.max(minResultBytes, Math.floor(Buffer.byteLength(content) * kept))).text);
  }
  return fitted;
}

const bytesPerToken = 3;

/** A token for every three bytes: less than most text has, so that the estimate is on the safe side. */
function estimate(message: ChatMessage): number {
  const calls = message.role === 'assistant' && message.tool_calls !== undefined ? JSON.stringify([message.tool_calls, message.kept]) : '';
  return Math.ceil((Buffer.byteLength(message.content) + Buffer.byteLength(calls)) / bytesPerToken) + 6;
}

const contentOf = (message: ChatMessage | undefined): string => message?.content ?? '';

/** Leaves out what came with an earlier answer, most of which is reasoning; gives the tokens that it saves. */
function dropKept(messages: ChatMessage[], index: number): number {
  const message = messages[index];
  if (message?.role !== 'assistant' || message.kept === undefined) return 0;
  const shorter = { ...message, kept: undefined };
  messages[index] = shorter;
  return estimate(message) - estimate(shorter);
}

/** Puts a shorter content in place; gives the tokens that it saves. */
function replace(messages: ChatMessage[], index: number, content: string): number {
  const message = messages[index];
  if (message === undefined || message.content.length <= content.length) return 0;
  const shorter = { ...message, content };
  messages[index] = shorter;
  return estimate(message) - estimate(shorter);
}
