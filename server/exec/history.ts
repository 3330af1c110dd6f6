import { estimateTokens } from '../inference/wire/estimateTokens.ts';
import type { Part, Turn } from '../protocol/messages.ts';
import { messageText } from '../protocol/transcript.ts';
import type { HistoryMessage } from '../protocol/worker.ts';

type AssistantMessage = Extract<HistoryMessage, { role: 'assistant' }>;

/** What the history must share the model's context with. */
export interface HistoryInput {
  /** Ended turns in any order; turns that have not ended are passed over. */
  readonly turns: readonly Turn[];
  readonly contextTokens: number;
  /** Texts that are sent in any case: soul, message, partial answer. */
  readonly fixedTexts: readonly string[];
  /** How many tools the model is offered; each costs about `tokensPerTool`. */
  readonly toolCount: number;
}

/** The newest whole turns that fit, oldest first, and how many older ones were left out. */
export interface TrimmedHistory {
  readonly history: HistoryMessage[];
  readonly leftOutTurns: number;
  /** Estimate of the history alone. */
  readonly tokens: number;
}

const tokensPerMessage = 6;
const tokensPerTool = 180;
/** The worker's own sentences beside the soul: date, workspace, rules for tools. */
const tokensOfFacts = 300;
/** A quarter of the context, at most this much, stays free for the answer and for tool results. */
const maxReserveTokens = 8_192;

/** Turns the ended turns of a session into history, dropping the oldest whole turns until the rest fits the context. */
export function trimHistory(input: HistoryInput): TrimmedHistory {
  const ended = input.turns.filter((turn) => turn.state === 'ended').toSorted((a, b) => b.ordinal - a.ordinal);
  const room = roomForHistory(input);
  const kept: HistoryMessage[][] = [];
  let tokens = 0;
  for (const turn of ended) {
    const messages = messagesOfTurn(turn);
    const cost = messages.reduce((sum, message) => sum + estimateMessage(message), 0);
    if (tokens + cost > room) break;
    kept.push(messages);
    tokens += cost;
  }
  return { history: kept.toReversed().flat(), leftOutTurns: ended.length - kept.length, tokens };
}

/** Code, JSON and command output take more tokens per byte than prose. */
function estimateDense(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}

function roomForHistory(input: HistoryInput): number {
  const reserve = Math.min(maxReserveTokens, Math.floor(input.contextTokens / 4));
  const fixed = input.fixedTexts.reduce((sum, text) => sum + Math.ceil(estimateTokens(text)) + tokensPerMessage, 0);
  return input.contextTokens - reserve - fixed - input.toolCount * tokensPerTool - tokensOfFacts;
}

function estimateMessage(message: HistoryMessage): number {
  const own = Math.ceil(estimateTokens(message.text)) + tokensPerMessage;
  if (message.role === 'user') return own;
  return message.toolCalls.reduce((sum, call) => sum + estimateDense(JSON.stringify(call.args)) + estimateDense(call.result) + 4 * tokensPerMessage, own);
}

function messagesOfTurn(turn: Turn): HistoryMessage[] {
  const attempt = turn.attempts.at(-1);
  const user: HistoryMessage = { role: 'user', text: messageText(turn.message) };
  const answer = attempt?.message === undefined ? [] : answerMessages(attempt.message.parts, attempt.message.fromReasoning === true);
  const note = endNote(attempt?.outcome) ?? (answer.length === 0 ? '[No answer was given.]' : undefined);
  return [user, ...(note === undefined ? answer : withNote(answer, note))];
}

/** Every turn has an answer, because chat templates refuse two messages of one role in a row; a note says why it is short. */
function withNote(answer: readonly AssistantMessage[], note: string): AssistantMessage[] {
  const last = answer.at(-1);
  if (last === undefined || last.toolCalls.length > 0) return [...answer, { role: 'assistant', text: note, toolCalls: [] }];
  return [...answer.slice(0, -1), { ...last, text: `${last.text}\n${note}` }];
}

function endNote(outcome: Turn['attempts'][number]['outcome']): string | undefined {
  switch (outcome) {
    case 'completed':
      return undefined;
    case 'stopped':
      return '[The person stopped this answer here.]';
    case 'iterations_spent':
      return '[This answer ended because its budget of steps was spent.]';
    case 'failed':
    case 'interrupted':
    case undefined:
      return '[This answer broke off here.]';
  }
}

/** One history message per step of the agent: its text, then the calls that followed it. Thinking is not sent again. */
function answerMessages(parts: readonly Part[], isFromReasoning: boolean): AssistantMessage[] {
  const messages: AssistantMessage[] = [];
  for (const part of parts) {
    const last = messages.at(-1);
    const spoken = part.kind === 'text' || (part.kind === 'thinking' && isFromReasoning) ? part.text : undefined;
    if (spoken !== undefined) {
      if (last !== undefined && last.toolCalls.length === 0) last.text += spoken;
      else if (spoken.trim() !== '') messages.push({ role: 'assistant', text: spoken, toolCalls: [] });
    } else if (part.kind === 'tool') {
      const call = { callId: part.callId, tool: part.tool, args: part.args, result: part.output || part.error || `[${part.state}]` };
      if (last === undefined) messages.push({ role: 'assistant', text: '', toolCalls: [call] });
      else last.toolCalls.push(call);
    }
  }
  return messages;
}
